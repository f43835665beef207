{#- DuckDB, in one file, as MotherDuck or beside a DuckLake. -#}

{% macro duckdb__json_text(column, member) -%}
    json_extract_string({{ column }}, '$.{{ member }}')
{%- endmacro %}

{% macro duckdb__json_set(column) -%}
    cast(list_sort(list_distinct(json_extract_string({{ column }}, '$[*]'))) as varchar)
{%- endmacro %}

{#- Whether readers open one file that a run replaces whole; MotherDuck is a server, a lake many. -#}
{% macro is_one_file() -%}
    {% set is_elsewhere = target.name == "ducklake" or (target.path or "").startswith("md:") %}
    {% do return(target.type == "duckdb" and not is_elsewhere) %}
{%- endmacro %}

{#- A view in the file: leads are the largest table by far, a copy would double every run's file. -#}
{% macro duckdb__leads_materialization() -%}
    {% do return("view" if is_one_file() else "table") %}
{%- endmacro %}
