{#-
  Rates, their intervals and the counts they are made of: the metric contract in SQL.

  A rate is one count over another count of the same row, or null: nothing to divide by means
  unknown, never zero. Tracking that is off is unknown too, so opens and clicks divide by the mails
  of tracked campaigns only, and those counts stand beside the rate at every grain.
-#}

{#- The rates known at every grain: name -> (numerator, denominator). -#}
{% macro engagement_rates() -%}
    {% do return({
        "open_rate": ("unique_opened_tracked", "sent_open_tracked"),
        "click_rate": ("unique_clicks_tracked", "sent_click_tracked"),
        "reply_rate": ("unique_replies", "sent"),
        "auto_reply_rate": ("unique_replies_automatic", "sent"),
        "positive_rate": ("unique_opportunities", "sent"),
    }) %}
{%- endmacro %}

{#- The rates of the performance marts: bounces and leads are known from campaigns upwards. -#}
{% macro performance_rates() -%}
    {% set rates = engagement_rates() %}
    {% do rates.update({
        "bounce_rate": ("bounced", "sent"),
        "lead_reply_rate": ("unique_replies", "contacted"),
    }) %}
    {% do return(rates) %}
{%- endmacro %}

{#-
  The rates of a mailbox and day. Which of its mails were tracked is not known there (tracking is a
  setting of campaigns, a mailbox sends for several), so opens and clicks have counts and no rate.
-#}
{% macro account_day_rates() -%}
    {% set rates = performance_rates() %}
    {% do return({
        "reply_rate": rates["reply_rate"],
        "auto_reply_rate": rates["auto_reply_rate"],
        "bounce_rate": rates["bounce_rate"],
    }) %}
{%- endmacro %}

{#- The rates of a mailbox over its days: distinct leads do not add up, bounces do. -#}
{% macro account_rates() -%}
    {% do return({"bounce_rate": performance_rates()["bounce_rate"]}) %}
{%- endmacro %}

{#- The rates that a model carries, by the word its tests use. -#}
{% macro rates_of(measures) -%}
    {%- if measures == "performance" -%}
    {% do return(performance_rates()) %}
    {%- elif measures == "engagement" -%}
    {% do return(engagement_rates()) %}
    {%- elif measures == "account_day" -%}
    {% do return(account_day_rates()) %}
    {%- elif measures == "account" -%}
    {% do return(account_rates()) %}
    {%- elif measures == "funnel" -%}
    {% do return(funnel_rates()) %}
    {%- endif -%}
    {% do exceptions.raise_compiler_error("no rates are called " ~ measures) %}
{%- endmacro %}

{#- Rate, low, high for each of the given rates, and the flag that says one of them exceeds 1. -#}
{% macro rates_with_intervals(rates) -%}
    {%- for name, parts in rates.items() %}
    {{ divide(parts[0], parts[1]) }} as {{ name }},
    {{ wilson_bound(parts[0], parts[1], "low") }} as {{ name }}_low,
    {{ wilson_bound(parts[0], parts[1], "high") }} as {{ name }}_high,
    {%- endfor %}
    case
        {%- for parts in rates.values() %}
        when {{ parts[1] }} > 0 and {{ parts[0] }} > {{ parts[1] }} then true
        {%- endfor %}
        else false
    end as has_rate_above_one
{%- endmacro %}

{#-
  The counts behind open and click rates of one campaign, step, variant or day: everything, or
  nothing when tracking is off. Where the flag is null the counts are taken as they are.
-#}
{% macro tracked_counts() -%}
    {%- for flag, events, suffix in [
        ("open_tracking", "unique_opened", "open"), ("link_tracking", "unique_clicks", "click"),
    ] %}
    case when {{ flag }} = false or {{ events }} is null then 0 else sent end
        as sent_{{ suffix }}_tracked,
    case when {{ flag }} = false or {{ events }} is null then 0 else {{ events }} end
        as {{ events }}_tracked{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
