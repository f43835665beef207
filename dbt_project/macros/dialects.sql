{#- Everything that engines spell differently. A new engine adds its spelling here, nowhere else. -#}

{#-
  The member of a JSON object as text; null when the object or the member is missing. A member of a
  member is named with a dot between the two.
-#}
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
    jsonb_extract_path_text(cast({{ column }} as jsonb), '{{ member | replace(".", "', '") }}')
{%- endmacro %}

{% macro spark__json_text(column, member) -%}
    get_json_object({{ column }}, '$.{{ member }}')
{%- endmacro %}

{#-
  The members of a JSON array of texts as one text that does not depend on their order; null when
  the array is missing. On other engines the text of the array stands in for it, order and all.
-#}
{% macro json_set(column) -%}
    {{ adapter.dispatch("json_set")(column) }}
{%- endmacro %}

{% macro default__json_set(column) -%}
    {{ column }}
{%- endmacro %}

{% macro duckdb__json_set(column) -%}
    cast(list_sort(list_distinct(json_extract_string({{ column }}, '$[*]'))) as varchar)
{%- endmacro %}

{% macro postgres__json_set(column) -%}
    (
        select string_agg(distinct member, ',' order by member)
        from jsonb_array_elements_text(cast({{ column }} as jsonb)) as member
    )
{%- endmacro %}

{% macro spark__json_set(column) -%}
    cast(array_sort(array_distinct(from_json({{ column }}, 'array<string>'))) as string)
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

{#-
  A value of a type that nothing has checked, such as a member of a JSON column: null where it is
  not of that type, on engines that can say so. One odd value must not cost a build.
-#}
{% macro cast_or_null(expression, type) -%}
    {{ adapter.dispatch("cast_or_null")(expression, type) }}
{%- endmacro %}

{% macro default__cast_or_null(expression, type) -%}
    cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro duckdb__cast_or_null(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro snowflake__cast_or_null(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro spark__cast_or_null(expression, type) -%}
    try_cast({{ expression }} as {{ type }})
{%- endmacro %}

{% macro bigquery__cast_or_null(expression, type) -%}
    safe_cast({{ expression }} as {{ type }})
{%- endmacro %}

{#- A number among the members of a JSON object; null where it is none. -#}
{% macro json_number(column, member) -%}
    {{ cast_or_null(json_text(column, member), type_double()) }}
{%- endmacro %}

{#- An instant that is written as a text, such as a member of a JSON column. -#}
{% macro text_timestamp(expression) -%}
    {{ adapter.dispatch("text_timestamp")(expression) }}
{%- endmacro %}

{% macro default__text_timestamp(expression) -%}
    {{ utc_timestamp(cast_or_null(expression, "timestamp with time zone")) }}
{%- endmacro %}

{% macro bigquery__text_timestamp(expression) -%}
    {{ cast_or_null(expression, "timestamp") }}
{%- endmacro %}

{% macro spark__text_timestamp(expression) -%}
    {{ cast_or_null(expression, "timestamp") }}
{%- endmacro %}

{#- An instant that is written as seconds since 1970. -#}
{% macro unix_timestamp(column) -%}
    {{ dbt.dateadd("second", column, "cast('1970-01-01' as timestamp)") }}
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
