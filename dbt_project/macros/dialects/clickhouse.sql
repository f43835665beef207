{#-
  ClickHouse. JSON arrives as text, times as DateTime64. Its columns hold no null unless they say so,
  its joins and windows fill in zeros and empty texts: the profile turns that off as far as settings
  reach, the rest stands here.
-#}

{% macro clickhouse__json_text(column, member) -%}
    nullIf(JSON_VALUE({{ column }}, '$.{{ member }}'), '')
{%- endmacro %}

{% macro clickhouse__json_set(column) -%}
    toString(arraySort(arrayDistinct(JSONExtract({{ column }}, 'Array(String)'))))
{%- endmacro %}

{% macro clickhouse__utc_timestamp(column) -%}
    toDateTime64({{ column }}, 6, 'UTC')
{%- endmacro %}

{% macro clickhouse__cast_or_null(expression, kind) -%}
    {%- if kind == "double" -%}
    toFloat64OrNull({{ expression }})
    {%- elif kind == "date" -%}
    toDateOrNull({{ expression }})
    {%- else -%}
    parseDateTime64BestEffortOrNull({{ expression }}, 6, 'UTC')
    {%- endif -%}
{%- endmacro %}

{% macro clickhouse__unix_timestamp(column) -%}
    toDateTime64({{ column }}, 6, 'UTC')
{%- endmacro %}

{% macro clickhouse__value_before(expression) -%}
    lag(toNullable({{ expression }}))
{%- endmacro %}

{% macro clickhouse__value_after(expression) -%}
    lead(toNullable({{ expression }}))
{%- endmacro %}

{#- The first and the last day that its dates can hold. -#}
{% macro clickhouse__outermost_day(bound) -%}
    cast('{{ "1970-01-01" if bound == "first" else "2149-06-06" }}' as date)
{%- endmacro %}
