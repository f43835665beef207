{#- Between the last look at the old text and the first at the new one, it may be either. -#}
with copies as (
    select *
    from {{ ref("int_copy_versions") }}
    where copy_version > 1
),

listings as (
    select
        workspace_id,
        observed_at
    from {{ ref("stg_instantly__sync_runs") }}
    where table_name = 'campaign_variants' and status = 'ok'
)

select
    copies.workspace_id,
    copies.campaign_id,
    copies.step,
    copies.variant,
    copies.copy_version,
    coalesce(max(listings.observed_at), copies.valid_from_at) as unclear_from_at,
    copies.valid_from_at
from copies
left join listings
    on
        copies.workspace_id = listings.workspace_id
        and copies.valid_from_at > listings.observed_at
group by
    copies.workspace_id,
    copies.campaign_id,
    copies.step,
    copies.variant,
    copies.copy_version,
    copies.valid_from_at
