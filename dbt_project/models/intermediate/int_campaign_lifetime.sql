{%- set events = ["opened", "replies", "replies_automatic", "clicks"] -%}
{%- set leads = [
    "contacted", "new_leads_contacted", "bounced", "unique_opened", "unique_replies",
    "unique_replies_automatic", "unique_clicks", "unique_opportunities",
] -%}
with totals as (
    {{ newest_observation(
        ref("stg_instantly__campaign_analytics"),
        ["workspace_id", "campaign_id"],
        ["sent", "unique_opened", "replies", "clicks"],
    ) }}
),

steps as (
    select
        workspace_id,
        campaign_id,
        {{ known_sums(["sent"] + events, "step") }},
        count(observed_at) as reported_rows
    from {{ ref("int_variant_lifetime") }}
    group by workspace_id, campaign_id
),

joined as (
    select
        campaigns.workspace_id,
        campaigns.campaign_id,
        campaigns.open_tracking,
        campaigns.link_tracking,
        {{ columns_of("totals", leads) }},
        {{ columns_of("steps", events) }},
        steps.reported_rows,
        case
            when totals.campaign_id is not null then totals.sent
            when steps.campaign_id is not null then steps.sent
            else 0
        end as sent,
        totals.campaign_id is null
        and (
            steps.campaign_id is null
            or steps.sent + {{ "steps." ~ events | join(" + steps.") }} = 0
        ) as is_untouched
    from {{ ref("int_campaigns") }} as campaigns
    left join totals
        on
            campaigns.workspace_id = totals.workspace_id
            and campaigns.campaign_id = totals.campaign_id
    left join steps
        on
            campaigns.workspace_id = steps.workspace_id
            and campaigns.campaign_id = steps.campaign_id
)

select
    workspace_id,
    campaign_id,
    open_tracking,
    link_tracking,
    sent,
    {{ zero_where("sent = 0 and coalesce(reported_rows, 0) = 0", events) }},
    {{ zero_where("is_untouched", leads) }}
from joined
