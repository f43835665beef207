{#- PostgreSQL, from version 12. JSON arrives as jsonb, times as timestamptz. -#}

{% macro postgres__json_text(column, member) -%}
    jsonb_extract_path_text(cast({{ column }} as jsonb), '{{ member | replace(".", "', '") }}')
{%- endmacro %}

{% macro postgres__json_set(column) -%}
    case
        when jsonb_typeof(cast({{ column }} as jsonb)) = 'array'
            then (
                select '[' || coalesce(string_agg(distinct member, ',' order by member), '') || ']'
                from jsonb_array_elements_text(cast({{ column }} as jsonb)) as members (member)
            )
        when {{ column }} is not null then '[]'
    end
{%- endmacro %}

{#-
  Before version 16 a cast cannot be tried, so what does not look like a value is not cast: numbers
  in digits, days and times as ISO 8601 writes them. A time without a zone is UTC, not the server's.
-#}
{% macro postgres__cast_or_null(expression, kind) -%}
    {%- set day = "(?!0000)[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])" -%}
    {%- set zone = "(Z|[+-](0[0-9]|1[0-5])(:?[0-5][0-9])?)" -%}
    {%- set clock = "([01][0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\\.[0-9]+)?)?" -%}
    {%- if kind == "double" -%}
    case
        when {{ expression }} ~ '^[+-]?[0-9]{1,30}(\.[0-9]{1,30})?([eE][+-]?[0-9]{1,2})?$'
            then cast({{ expression }} as {{ type_double() }})
    end
    {%- elif kind == "date" -%}
    case
        when {{ expression }} ~ '^{{ day }}([T ].*)?$' and {{ is_day_of_its_month(expression) }}
            then cast(substr({{ expression }}, 1, 10) as date)
    end
    {%- else -%}
    case
        when {{ expression }} !~ '^{{ day }}([T ]{{ clock }} ?{{ zone }}?)?$' then null
        when not {{ is_day_of_its_month(expression) }} then null
        when {{ expression }} ~ '[T ].*{{ zone }}$'
            then cast({{ expression }} as timestamp with time zone)
        else cast({{ expression }} as timestamp) at time zone 'UTC'
    end
    {%- endif -%}
{%- endmacro %}

{#- Whether the day that such a text begins with exists: not the 30th of February. -#}
{% macro is_day_of_its_month(expression) -%}
    (
        cast(substr({{ expression }}, 9, 2) as integer)
        <= extract(
            day from cast(substr({{ expression }}, 1, 7) || '-01' as date)
            + interval '1 month' - interval '1 day'
        )
    )
{%- endmacro %}

{% macro postgres__type_double() -%}
    double precision
{%- endmacro %}

{% macro postgres__sorted_texts(column) -%}
    string_agg({{ column }}, ', ' order by {{ column }} collate "C")
{%- endmacro %}

{% macro postgres__contract_types() -%}
    {% do return({"double": "double precision"}) %}
{%- endmacro %}
