{#- Steps and variants are positions, zero-based as in the reports; -1 is mail of no known position. -#}

{% macro is_attributed() -%}
    (step >= 0 and variant >= 0)
{%- endmacro %}

{#- The number people use: the first mail is step 1; null for mail that belongs to no step. -#}
{% macro step_number(step="step") -%}
    case when {{ step }} >= 0 then {{ step }} + 1 end
{%- endmacro %}

{#- A, B, … Z, AA, AB, … as the product's own screens count variants. -#}
{% macro variant_label() -%}
    {%- set letters = "'ABCDEFGHIJKLMNOPQRSTUVWXYZ'" -%}
    case
        when not {{ is_attributed() }} then 'unattributed'
        when variant < 26 then substr({{ letters }}, cast(variant as integer) + 1, 1)
        else
            substr({{ letters }}, cast(floor(variant / 26.0) as integer), 1)
            || substr({{ letters }}, cast(mod(variant, 26) as integer) + 1, 1)
    end
{%- endmacro %}
