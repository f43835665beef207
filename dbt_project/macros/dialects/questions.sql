{#-
  Everything that engines spell differently, as questions: each macro here asks the engine at hand.

  What stands beside a question as `default__` is what most engines say; the file of an engine
  (`duckdb.sql`, `postgres.sql`, …) holds what it says differently. Models ask, and know no engine.
  Redshift asks Postgres before the default and Databricks asks Spark: their adapters are made so.
-#}

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

{#- A JSON value as the text of itself; engines differ in blanks and in the order of the keys. -#}
{% macro json_whole(column) -%}
    {{ adapter.dispatch("json_whole")(column) }}
{%- endmacro %}

{% macro default__json_whole(column) -%}
    cast({{ column }} as {{ type_text() }})
{%- endmacro %}

{#-
  The members of a JSON array of texts, given as text, as one text that does not depend on their
  order; null when the array is missing. Where an engine cannot say so, the text of the array stands
  in for it, order and all.
-#}
{% macro json_set(column) -%}
    {{ adapter.dispatch("json_set")(column) }}
{%- endmacro %}

{% macro default__json_set(column) -%}
    {{ column }}
{%- endmacro %}

{#- A number among the members of a JSON object; null where it is none. -#}
{% macro json_number(column, member) -%}
    {{ cast_or_null(json_text(column, member), "double") }}
{%- endmacro %}

{#-
  An instant as a timestamp without zone that reads UTC. Marts carry these because a bare DuckDB
  client cannot fetch zoned timestamps without an extra package, and shows them in local time.
  Engines whose plain timestamp is an instant (BigQuery, Spark) keep it.
-#}
{% macro utc_timestamp(column) -%}
    {{ adapter.dispatch("utc_timestamp")(column) }}
{%- endmacro %}

{% macro default__utc_timestamp(column) -%}
    cast({{ column }} at time zone 'UTC' as timestamp)
{%- endmacro %}

{#-
  A text that nothing has checked, such as a member of a JSON column, as a `double`, a `date` or an
  `instant`: null where it is none. One odd value must not cost a build.
-#}
{% macro cast_or_null(expression, kind) -%}
    {{ adapter.dispatch("cast_or_null")(expression, kind) }}
{%- endmacro %}

{% macro default__cast_or_null(expression, kind) -%}
    try_cast({{ expression }} as {{ type_of(kind) }})
{%- endmacro %}

{#- The engine's name for such a kind. -#}
{% macro type_of(kind) -%}
    {{ type_double() if kind == "double" else type_instant() if kind == "instant" else kind }}
{%- endmacro %}

{#- An instant that is written as a text, such as a member of a JSON column. -#}
{% macro text_timestamp(expression) -%}
    {{ utc_timestamp(cast_or_null(expression, "instant")) }}
{%- endmacro %}

{#- An instant that is written as seconds since 1970. -#}
{% macro unix_timestamp(column) -%}
    {{ adapter.dispatch("unix_timestamp")(column) }}
{%- endmacro %}

{% macro default__unix_timestamp(column) -%}
    {{ dbt.dateadd("second", column, "cast('1970-01-01' as timestamp)") }}
{%- endmacro %}

{#- Midnights between two days or times. -#}
{% macro days_between(first, second) -%}
    {{ adapter.dispatch("days_between")(first, second) }}
{%- endmacro %}

{% macro default__days_between(first, second) -%}
    {{ dbt.datediff(first, second, "day") }}
{%- endmacro %}

{% macro day_before(day) -%}
    {{ adapter.dispatch("day_before")(day) }}
{%- endmacro %}

{% macro default__day_before(day) -%}
    cast({{ dbt.dateadd("day", -1, day) }} as date)
{%- endmacro %}

{#- A float of 64 bits: dbt's own type_float is 32 bits wide on DuckDB and would round rates. -#}
{% macro type_double() -%}
    {{ adapter.dispatch("type_double")() }}
{%- endmacro %}

{% macro default__type_double() -%}
    double
{%- endmacro %}

{#- A text of any length: dbt's own type_string is 256 bytes long on Redshift. -#}
{% macro type_text() -%}
    {{ adapter.dispatch("type_text")() }}
{%- endmacro %}

{% macro default__type_text() -%}
    {{ dbt.type_string() }}
{%- endmacro %}

{#- A point in time that knows its zone. -#}
{% macro type_instant() -%}
    {{ adapter.dispatch("type_instant")() }}
{%- endmacro %}

{% macro default__type_instant() -%}
    timestamp with time zone
{%- endmacro %}

{#- Sums of integers come back wider than 64 bits on some engines; contracts say 64. -#}
{% macro as_bigint(expression) -%}
    cast({{ expression }} as {{ dbt.type_bigint() }})
{%- endmacro %}

{#- The texts of a group in one, in the order of their bytes whatever the language of the server. -#}
{% macro sorted_texts(column) -%}
    {{ adapter.dispatch("sorted_texts")(column) }}
{%- endmacro %}

{% macro default__sorted_texts(column) -%}
    {{ dbt.listagg(column, "', '", "order by " ~ column) }}
{%- endmacro %}

{#-
  The value of the row before or after this one, in a window; null where there is none. The window
  follows the macro.
-#}
{% macro value_before(expression) -%}
    {{ adapter.dispatch("value_before")(expression) }}
{%- endmacro %}

{% macro default__value_before(expression) -%}
    lag({{ expression }})
{%- endmacro %}

{% macro value_after(expression) -%}
    {{ adapter.dispatch("value_after")(expression) }}
{%- endmacro %}

{% macro default__value_after(expression) -%}
    lead({{ expression }})
{%- endmacro %}

{#- Days before and after every day that a report can name: `bound` is `first` or `last`. -#}
{% macro outermost_day(bound) -%}
    {{ adapter.dispatch("outermost_day")(bound) }}
{%- endmacro %}

{% macro default__outermost_day(bound) -%}
    cast('{{ "0001-01-01" if bound == "first" else "9999-12-31" }}' as date)
{%- endmacro %}

{#- A name that is a word of the language somewhere. -#}
{% macro quoted(name) -%}
    {{ adapter.quote(folded(name)) }}
{%- endmacro %}

{#- A name in the letters that the engine gives to one without quotes. -#}
{% macro folded(name) -%}
    {% do return(adapter.dispatch("folded")(name)) %}
{%- endmacro %}

{% macro default__folded(name) -%}
    {% do return(name) %}
{%- endmacro %}

{#- Types of the contracts (the names in the yml are DuckDB's) that the engine calls otherwise. -#}
{% macro contract_types() -%}
    {% do return(adapter.dispatch("contract_types")()) %}
{%- endmacro %}

{% macro default__contract_types() -%}
    {% do return({}) %}
{%- endmacro %}

{#-
  How leads are kept for readers. A table wherever readers and a run share the engine: a view would
  show them rows of a run that has not ended.
-#}
{% macro leads_materialization() -%}
    {% do return(adapter.dispatch("leads_materialization")()) %}
{%- endmacro %}

{% macro default__leads_materialization() -%}
    {% do return("table") %}
{%- endmacro %}
