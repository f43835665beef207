{#- Everything that engines spell differently. A new engine adds its spelling here, nowhere else. -#}

{#- The member of a JSON object as text; null when the object or the member is missing. -#}
{% macro json_text(column, member) -%}
    {{ adapter.dispatch("json_text")(column, member) }}
{%- endmacro %}

{% macro default__json_text(column, member) -%}
    json_value({{ column }}, '$.{{ member }}')
{%- endmacro %}

{% macro duckdb__json_text(column, member) -%}
    json_extract_string({{ column }}, '$.{{ member }}')
{%- endmacro %}

{% macro postgres__json_text(column, member) -%}
    jsonb_extract_path_text(cast({{ column }} as jsonb), '{{ member }}')
{%- endmacro %}

{% macro spark__json_text(column, member) -%}
    get_json_object({{ column }}, '$.{{ member }}')
{%- endmacro %}

{#-
  An instant as a timestamp without zone that reads UTC. Marts carry these because a bare DuckDB
  client cannot fetch zoned timestamps without an extra package, and shows them in local time.
-#}
{% macro utc_timestamp(column) -%}
    {{ adapter.dispatch("utc_timestamp")(column) }}
{%- endmacro %}

{% macro default__utc_timestamp(column) -%}
    cast({{ column }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro bigquery__utc_timestamp(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro spark__utc_timestamp(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{#- A float of 64 bits: dbt's own type_float is 32 bits wide on DuckDB and would round rates. -#}
{% macro type_double() -%}
    {{ adapter.dispatch("type_double")() }}
{%- endmacro %}

{% macro default__type_double() -%}
    double precision
{%- endmacro %}

{% macro duckdb__type_double() -%}
    double
{%- endmacro %}

{% macro spark__type_double() -%}
    double
{%- endmacro %}

{% macro bigquery__type_double() -%}
    float64
{%- endmacro %}

{#- Sums of integers come back wider than 64 bits on some engines; contracts say 64. -#}
{% macro as_bigint(expression) -%}
    cast({{ expression }} as {{ dbt.type_bigint() }})
{%- endmacro %}
