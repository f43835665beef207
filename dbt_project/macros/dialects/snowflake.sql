{#- Snowflake. JSON arrives as VARIANT, times as TIMESTAMP_TZ. -#}

{% macro snowflake__json_text(column, member) -%}
    cast(get_path({{ column }}, '{{ member }}') as varchar)
{%- endmacro %}

{% macro snowflake__json_whole(column) -%}
    to_json({{ column }})
{%- endmacro %}

{% macro snowflake__utc_timestamp(column) -%}
    cast(convert_timezone('UTC', {{ column }}) as timestamp_ntz)
{%- endmacro %}

{% macro snowflake__type_instant() -%}
    timestamp_tz
{%- endmacro %}

{% macro snowflake__folded(name) -%}
    {% do return(name | upper) %}
{%- endmacro %}

{#- A plain `timestamp` means what the account says it means. -#}
{% macro snowflake__contract_types() -%}
    {% do return({"timestamp": "timestamp_ntz"}) %}
{%- endmacro %}
