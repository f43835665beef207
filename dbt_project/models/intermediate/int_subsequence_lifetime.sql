{%- set key = ["workspace_id", "subsequence_id", "step", "variant"] -%}
with subsequences as (
    {{ last_version(ref("stg_instantly__subsequences"), ["workspace_id", "subsequence_id"]) }}
),

reported as (
    {{ newest_observation(
        ref("stg_instantly__subsequence_step_analytics"),
        key,
        owners=deletions(ref("stg_instantly__subsequences"), ["workspace_id", "subsequence_id"]),
        owner="subsequence_id",
    ) }}
),

copies as (
    select *
    from ({{ copy_versions(ref("stg_instantly__subsequence_variants"), key) }}) as versions
    where is_last
),

positions as (
    select
        {{ key | join(",\n        ") }},
        0 as has_days
    from (
        select {{ key | join(", ") }} from reported
        union distinct
        select {{ key | join(", ") }} from copies
    ) as known
),

lifetime as (
    {{ lifetime_of_positions(key, subsequence_counts()) }}
)

select
    lifetime.*,
    cast(null as {{ dbt.type_bigint() }}) as unique_opportunities,
    subsequences.campaign_id,
    subsequences.subsequence_name,
    subsequences.auto_variant_trigger,
    subsequences.subsequence_id is null or subsequences.valid_to_at is not null as is_deleted
from lifetime
left join subsequences
    on
        lifetime.workspace_id = subsequences.workspace_id
        and lifetime.subsequence_id = subsequences.subsequence_id
