{#-
  Counts of one report, one row per campaign and count: what `reconciliation` compares.

  `counted` is the sum that stands; `unattributed` its part that belongs to no step or variant;
  `today` its part on the day of the last run; `refused` what it exceeds the newest observations by,
  because a settled day kept its greatest.
-#}

{#- Counts that add up over steps, variants and days. -#}
{% macro additive_counts() -%}
    {% do return(["sent", "opened", "replies", "replies_automatic", "clicks"]) %}
{%- endmacro %}

{#- Those of them that the campaign totals give too: opens are given as leads there. -#}
{% macro totalled_counts() -%}
    {% do return(["sent", "replies", "replies_automatic", "clicks"]) %}
{%- endmacro %}

{#- Lifetime counts of a relation whose rows that hold `unattributed` belong to no position. -#}
{% macro lifetime_report(report, relation, counts, unattributed="false") -%}
    select
        workspace_id,
        campaign_id,
        '{{ report }}' as report,
        metric,
        sum({{ count_of("observed", counts) }}) as counted,
        sum(case when {{ unattributed }} then {{ count_of("observed", counts) }} else 0 end)
            as unattributed,
        0 as today,
        0 as refused
    from {{ relation }} as observed
    cross join {{ names_of(counts) }} as metrics
    group by workspace_id, campaign_id, metric
{%- endmacro %}

{#- Counts of weighed day observations, summed over the days. -#}
{% macro day_report(report, relation, counts, today, unattributed="false") -%}
    {%- set value = count_of("observed", counts) -%}
    select
        workspace_id,
        campaign_id,
        '{{ report }}' as report,
        metric,
        sum(case when is_standing then {{ value }} end) as counted,
        sum(case when is_standing and {{ unattributed }} then {{ value }} else 0 end)
            as unattributed,
        sum(case when is_standing and date = {{ today }} then {{ value }} else 0 end) as today,
        sum(case when is_standing then {{ value }} else 0 end)
        - sum(case when is_newest then {{ value }} else 0 end) as refused
    from {{ relation }} as observed
    cross join {{ names_of(counts) }} as metrics
    where is_standing or is_newest
    group by workspace_id, campaign_id, metric
{%- endmacro %}

{#- Counts of a relation over a whole workspace; `today` as above. -#}
{% macro workspace_report(relation, counts, today="false") -%}
    {%- set value = count_of("observed", counts) -%}
    select
        workspace_id,
        metric,
        sum({{ value }}) as counted,
        sum(case when {{ today }} then {{ value }} else 0 end) as today
    from {{ relation }} as observed
    cross join {{ names_of(counts) }} as metrics
    group by workspace_id, metric
{%- endmacro %}

{#- The workspaces that have deleted rows in a relation, and of what kind they are. -#}
{% macro deleted_of(relation, campaigns, accounts) -%}
    select distinct
        workspace_id,
        {{ campaigns }} as campaigns,
        {{ accounts }} as accounts
    from {{ relation }}
    where is_deleted
{%- endmacro %}

{#- The names of the given counts as a relation with the column `metric`. -#}
{% macro names_of(counts) -%}
    (
        {%- for count in counts %}
        {{ "union all " if not loop.first }}select '{{ count }}' as metric
        {%- endfor %}
    )
{%- endmacro %}

{#- The count that `metrics.metric` names, of the given relation. -#}
{% macro count_of(relation, counts) -%}
    case metrics.metric
        {%- for count in counts %} when '{{ count }}' then {{ relation }}.{{ count }}{% endfor %} end
{%- endmacro %}

{#- Which report is held against which, by count. The finer one is summed. -#}
{% macro reconciliation_checks() -%}
    {%- set checks = [
        ("variants against totals", "variants", "totals", totalled_counts()),
        ("campaign days against totals", "campaign_days", "totals", totalled_counts()),
        ("variant days against variants", "variant_days", "variants", additive_counts()),
        ("variant days against campaign days", "variant_days", "campaign_days", additive_counts()),
        (
            "subsequence variants against subsequence totals",
            "subsequence_variants", "subsequence_totals", ["sent"],
        ),
    ] -%}
    {%- for name, finer, coarser, counts in checks -%}
        {%- set is_first = loop.first -%}
        {%- for count in counts %}
    {{ "union all " if not (is_first and loop.first) -}}
    select '{{ name }}' as check_name, '{{ finer }}' as finer, '{{ coarser }}' as coarser,
    '{{ count }}' as metric
        {%- endfor %}
    {%- endfor %}
{%- endmacro %}

{#- What explains a residual, the most telling reason first; null where nothing does. -#}
{% macro residual_reason() -%}
    case
        when residual = 0 then null
        when residual = unattributed then 'unattributed'
        when residual = refused then 'settled day kept'
        when residual > 0 and residual <= subsequences then 'subsequences'
        when is_deleted then 'deleted campaign'
        when residual < 0 and has_deleted_accounts then 'deleted account'
        when abs(residual) <= today then 'still moving today'
    end
{%- endmacro %}
