{#-
  Databricks and Spark. JSON arrives as text, times as TIMESTAMP, which is an instant; days are cut
  in the zone of the session, so the profile sets it to UTC.
-#}

{% macro spark__json_text(column, member) -%}
    get_json_object({{ column }}, '$.{{ member }}')
{%- endmacro %}

{% macro spark__json_set(column) -%}
    coalesce(
        cast(array_sort(array_distinct(from_json({{ column }}, 'array<string>'))) as string),
        case when {{ column }} is not null then '[]' end
    )
{%- endmacro %}

{% macro spark__utc_timestamp(column) -%}
    cast({{ column }} as timestamp)
{%- endmacro %}

{% macro spark__unix_timestamp(column) -%}
    timestamp_seconds({{ column }})
{%- endmacro %}

{#- dbt's own ask a cluster of Databricks what it can do before they are written. -#}
{% macro spark__days_between(first, second) -%}
    datediff(cast({{ second }} as date), cast({{ first }} as date))
{%- endmacro %}

{% macro spark__day_before(day) -%}
    date_sub({{ day }}, 1)
{%- endmacro %}

{% macro spark__type_instant() -%}
    timestamp
{%- endmacro %}

{#- dbt's own listagg forgets the order there. -#}
{% macro spark__sorted_texts(column) -%}
    array_join(array_sort(collect_list({{ column }})), ', ')
{%- endmacro %}

{% macro spark__contract_types() -%}
    {% do return({"varchar": "string"}) %}
{%- endmacro %}
