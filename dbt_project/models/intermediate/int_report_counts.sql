{#- A table: `reconciliation` reads it twice. -#}
{{ config(materialized="table") }}
with last_run as (
    select cast(max(observed_at) as date) as today
    from {{ ref("stg_instantly__sync_runs") }}
),

totals as (
    {{ newest_observation(
        ref("stg_instantly__campaign_analytics"),
        ["workspace_id", "campaign_id"],
        ["sent", "unique_opened", "replies", "clicks"],
    ) }}
),

subsequence_totals as (
    {{ newest_observation(
        ref("stg_instantly__subsequence_analytics"),
        ["workspace_id", "subsequence_id"],
        ["sent", "unique_opened", "unique_replies"],
        owners=deletions(ref("stg_instantly__subsequences"), ["workspace_id", "subsequence_id"]),
        owner="subsequence_id",
    ) }}
)

{{ lifetime_report("totals", "totals", totalled_counts()) }}
union all
{{ lifetime_report(
    "variants",
    ref("int_variant_lifetime"),
    additive_counts(),
    unattributed="not " ~ is_attributed(),
) }}
union all
{{ day_report(
    "variant_days",
    ref("int_variant_day_observations"),
    additive_counts(),
    today="(select today from last_run)",
    unattributed="not " ~ is_attributed(),
) }}
union all
{{ day_report(
    "campaign_days",
    ref("int_campaign_day_observations"),
    additive_counts(),
    today="(select today from last_run)",
) }}
union all
{{ lifetime_report(
    "subsequence_variants",
    ref("int_subsequence_lifetime"),
    ["sent"],
    unattributed="not " ~ is_attributed(),
) }}
union all
{{ lifetime_report("subsequence_totals", "subsequence_totals", ["sent"]) }}
