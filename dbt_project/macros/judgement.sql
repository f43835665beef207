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

{#- Kinds of e-mails, by their code: what a campaign sent, and what came in. -#}
{% macro is_campaign_mail() -%}
    (email_type = 1 and campaign_id is not null)
{%- endmacro %}

{% macro is_received() -%}
    (email_type = 2)
{%- endmacro %}

{#- A mail of the campaign's own sequence; subsequences count from 1 (quirk C3), with own reports. -#}
{% macro is_of_the_campaign_itself() -%}
    (subsequence_index = 0 and subsequence_id is null)
{%- endmacro %}
