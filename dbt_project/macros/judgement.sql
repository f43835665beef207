{#- What the judgement is given, and how its answers are named. -#}

{#- Counts that arms are compared on: mails, and leads by what they did. -#}
{% macro judged_counts() -%}
    {% do return([
        "sent", "unique_opened", "unique_replies", "unique_replies_automatic", "unique_clicks",
        "unique_opportunities",
    ]) %}
{%- endmacro %}

{#- Distinct counts of a position's life: daily ones do not add up to them. -#}
{% macro lifetime_counts(relation) -%}
    {%- for count in judged_counts() if count != "sent" %}
    {{ relation }}.{{ count }} as lifetime_{{ count }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
