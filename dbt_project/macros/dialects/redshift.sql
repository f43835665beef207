{#- Amazon Redshift. JSON arrives as SUPER, times as timestamptz. -#}

{#- By path, not by `column.member`: that would fold the case of the member's name. -#}
{% macro redshift__json_text(column, member) -%}
    json_extract_path_text(
        json_serialize({{ column }}), '{{ member | replace(".", "', '") }}', true
    )
{%- endmacro %}

{% macro redshift__json_whole(column) -%}
    cast(json_serialize({{ column }}) as {{ type_text() }})
{%- endmacro %}

{% macro redshift__json_set(column) -%}
    {{ column }}
{%- endmacro %}

{% macro redshift__cast_or_null(expression, kind) -%}
    try_cast({{ expression }} as {{ type_of(kind) }})
{%- endmacro %}

{% macro redshift__type_text() -%}
    varchar(65535)
{%- endmacro %}

{% macro redshift__sorted_texts(column) -%}
    {{ default__sorted_texts(column) }}
{%- endmacro %}

{% macro redshift__contract_types() -%}
    {% do return({"double": "double precision", "varchar": "varchar(65535)"}) %}
{%- endmacro %}
