{#-
  Contracts name types as DuckDB does (`double`, `varchar`); other engines read their own names.

  dbt writes a contract's columns into the statement that makes the table, and into an empty query
  that it compares the model with. Both go through the two macros below, which dbt lets a project
  replace; after the names are changed its own do the work.
-#}

{% macro get_empty_schema_sql(columns) -%}
    {% do return(adapter.dispatch("get_empty_schema_sql", "dbt")(as_spelled_here(columns))) %}
{%- endmacro %}

{% macro get_table_columns_and_constraints() -%}
    {% do as_spelled_here(model["columns"]) %}
    {% do return(adapter.dispatch("get_table_columns_and_constraints", "dbt")()) %}
{%- endmacro %}

{#- The columns with the engine's names of types, and of what is quoted; changed in place. -#}
{% macro as_spelled_here(columns) -%}
    {%- set types = contract_types() -%}
    {%- for column in columns.values() -%}
        {%- do column.update({"data_type": types.get(column["data_type"], column["data_type"])}) -%}
        {%- if column.get("quote") -%}
            {%- do column.update({"name": folded(column["name"])}) -%}
        {%- endif -%}
    {%- endfor -%}
    {% do return(columns) %}
{%- endmacro %}
