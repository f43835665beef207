{#-
  Views name schema and table, not the catalog. DuckDB calls the catalog after the file, so a view
  that names it breaks as soon as somebody copies the warehouse under another name. Only where file
  and schema share a name (`instantly.duckdb`) DuckDB insists on the catalog; marts, the only ones
  that can be meant there, are tables and never part of a view.
-#}
{% macro without_catalog(relation) -%}
    {% set is_clear = is_one_file() and relation.schema != relation.database %}
    {% do return(relation.include(database=false) if is_clear else relation) %}
{%- endmacro %}

{% macro source(schema_name, table_name) -%}
    {% do return(without_catalog(builtins.source(schema_name, table_name))) %}
{%- endmacro %}

{% macro ref() -%}
    {% do return(without_catalog(builtins.ref(*varargs, **kwargs))) %}
{%- endmacro %}
