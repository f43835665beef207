{#- Google BigQuery. JSON arrives as JSON, times as TIMESTAMP, which is an instant. -#}

{% macro bigquery__json_whole(column) -%}
    to_json_string({{ column }})
{%- endmacro %}

{% macro bigquery__utc_timestamp(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro bigquery__cast_or_null(expression, kind) -%}
    safe_cast({{ expression }} as {{ type_of(kind) }})
{%- endmacro %}

{% macro bigquery__unix_timestamp(column) -%}
    timestamp_seconds({{ as_bigint(column) }})
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{% macro bigquery__type_instant() -%}
    timestamp
{%- endmacro %}

{% macro bigquery__contract_types() -%}
    {% do return({
        "bigint": "int64", "boolean": "bool", "double": "float64", "varchar": "string",
    }) %}
{%- endmacro %}
