with counted as (
    select
        lifetime.*,
        {{ unknown_counts() }},
        campaigns.campaign_name,
        campaigns.open_tracking,
        campaigns.link_tracking
    from {{ ref("int_subsequence_lifetime") }} as lifetime
    left join {{ ref("int_campaigns") }} as campaigns
        on
            lifetime.workspace_id = campaigns.workspace_id
            and lifetime.campaign_id = campaigns.campaign_id
),

tracked as (
    select
        counted.*,
        {{ tracked_counts() }}
    from counted
)

select
    workspace_id,
    subsequence_id,
    step,
    variant,
    campaign_id,
    campaign_name,
    subsequence_name,
    {{ step_number() }} as step_number,
    {{ variant_label() }} as variant_label,
    {{ is_attributed() }} as is_attributed,
    subject,
    body,
    copy_hash,
    copy_version,
    copy_versions,
    is_current,
    is_disabled,
    is_deleted,
    open_tracking,
    link_tracking,
    auto_variant_trigger,
    {{ performance_measures() }}
from tracked
