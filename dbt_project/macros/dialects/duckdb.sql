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

{#-
  Tables and views in DuckDB are put in the place of the old ones, in one statement each.

  dbt itself builds beside the old relation under another name, renames both and drops the old one,
  so that readers never miss it, and looks up what it has just made before it writes comments: nearly
  half of all statements of a build. Here that serves nobody: a file is a draft that readers do not
  see, and elsewhere they keep what is replaced until the transaction ends. Hooks, grants and indexes
  are none of this project's.
-#}

{% materialization table, adapter="duckdb" %}
    {%- set relation = out_of_the_way("table") -%}
    {% call statement("main") -%}
        drop table if exists {{ relation }};
        {{ create_table_as(false, relation, compiled_code) }}
        {{ comments_on(relation) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {% do return({"relations": [relation]}) %}
{% endmaterialization %}

{% materialization view, adapter="duckdb" %}
    {%- set relation = out_of_the_way("view") -%}
    {% call statement("main") -%}
        create or replace view {{ relation }} as (
            {{ compiled_code }}
        );
        {{ comments_on(relation) }}
    {%- endcall %}
    {% do adapter.commit() %}
    {% do return({"relations": [relation]}) %}
{% endmaterialization %}

{#- The model's relation; what has its name but is of another type is dropped. -#}
{% macro out_of_the_way(type) -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- if existing is not none and existing.type != type -%}
        {%- do adapter.drop_relation(existing) -%}
    {%- endif -%}
    {% do return(this.incorporate(type=type)) %}
{%- endmacro %}

{#- The descriptions; a model has them all where its contract is enforced, so nobody asks for them. -#}
{% macro comments_on(relation) -%}
    {%- if config.persist_relation_docs() and model.description %}
    {{ alter_relation_comment(relation, model.description) }}
    {%- endif %}
    {%- if config.persist_column_docs() and config.get("contract").enforced %}
    {%- for column in model.columns.values() if column.description %}
    comment on column {{ relation }}.
    {{- adapter.quote(column.name) if column.quote else column.name }} is
    {{ duckdb_escape_comment(column.description) }};
    {%- endfor %}
    {%- endif %}
{%- endmacro %}
