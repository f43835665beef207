{#- Lists of counts. They are written once, here; every grain carries them in this order. -#}

{#- Counts that the step report gives for a step and variant, lifetime or one day. -#}
{% macro engagement_counts() -%}
    {% do return([
        "sent", "opened", "unique_opened", "replies", "unique_replies", "replies_automatic",
        "unique_replies_automatic", "clicks", "unique_clicks", "unique_opportunities",
    ]) %}
{%- endmacro %}

{#- Counts of the day report of a campaign. -#}
{% macro campaign_day_counts() -%}
    {% do return(["contacted", "new_leads_contacted"] + engagement_counts()) %}
{%- endmacro %}

{#- Counts of the day report of a mailbox: it knows bounces, and no opportunities. -#}
{% macro account_day_counts() -%}
    {% do return(performance_counts() | reject("equalto", "unique_opportunities") | list) %}
{%- endmacro %}

{#- Those of them that add up over days. -#}
{% macro account_counts() -%}
    {% do return(["bounced"] + additive_counts()) %}
{%- endmacro %}

{#- Counts of the step report of a subsequence: it knows no opportunities. -#}
{% macro subsequence_counts() -%}
    {% do return(engagement_counts() | reject("equalto", "unique_opportunities") | list) %}
{%- endmacro %}

{#- Counts of the performance marts; the first three are null below campaign grain. -#}
{% macro performance_counts() -%}
    {% do return(["contacted", "new_leads_contacted", "bounced"] + engagement_counts()) %}
{%- endmacro %}

{#- Counts that only tracked campaigns contribute to. -#}
{% macro tracked_count_names() -%}
    {% do return([
        "sent_open_tracked", "unique_opened_tracked", "sent_click_tracked", "unique_clicks_tracked",
    ]) %}
{%- endmacro %}

{#- The measure columns of a performance mart, from a relation that holds all counts. -#}
{% macro performance_measures() -%}
    {%- for count in performance_counts() + tracked_count_names() %}
    {{ count }},
    {%- endfor %}
    {{ rates_with_intervals(performance_rates()) }}
{%- endmacro %}

{#- The counts that are never known below campaign grain, as columns that say so. -#}
{% macro unknown_counts() -%}
    {%- for count in ["contacted", "new_leads_contacted", "bounced"] %}
    cast(null as {{ dbt.type_bigint() }}) as {{ count }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
  A sum that is unknown as soon as one part is unknown: a total that silently lacks a campaign would
  pull a rate down. `parts` is a column that is never null on a real row, so that a group without
  rows (a left join that found nothing) sums to zero.
-#}
{% macro sum_known(column, parts) -%}
    case
        when count({{ parts }}) = count({{ column }})
            then {{ as_bigint("coalesce(sum(" ~ column ~ "), 0)") }}
    end
{%- endmacro %}

{#- Sums of counts, each known only if all its parts are, under their own names. -#}
{% macro known_sums(counts, parts, relation=none) -%}
    {%- for count in counts %}
    {{ sum_known(relation ~ "." ~ count if relation else count, parts) }} as {{ count }}
    {{- "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Counts, or zero where `condition` says that there was nothing to count. -#}
{% macro zero_where(condition, counts, relation=none) -%}
    {%- for count in counts %}
    case
        when {{ condition }} then 0 else {{ relation ~ "." ~ count if relation else count }}
    end as {{ count }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#- Columns of one relation, qualified. -#}
{% macro columns_of(relation, columns) -%}
    {{ relation }}.{{ columns | join(",\n    " ~ relation ~ ".") }}
{%- endmacro %}
