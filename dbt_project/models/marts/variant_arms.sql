select
    arms.workspace_id,
    arms.campaign_id,
    arms.step,
    arms.variant,
    arms.copy_version,
    campaigns.campaign_name,
    arms.step_number,
    arms.variant_label,
    copies.subject,
    campaigns.is_deleted,
    arms.metric,
    arms.state,
    arms.is_compared,
    arms.is_waiting,
    arms.is_leader,
    arms.window_from,
    arms.window_to,
    arms.sent,
    arms.mature_sent,
    arms.events,
    arms.rate,
    arms.rate_low,
    arms.rate_high,
    arms.probability,
    arms.expected_loss,
    arms.rival_variant,
    arms.rival_copy_version,
    arms.difference,
    arms.difference_low,
    arms.difference_high,
    arms.lift,
    arms.lift_low,
    arms.lift_high,
    arms.p_value,
    arms.baseline_variant,
    arms.baseline_copy_version,
    arms.baseline_difference,
    arms.baseline_difference_low,
    arms.baseline_difference_high,
    arms.baseline_lift,
    arms.baseline_lift_low,
    arms.baseline_lift_high,
    arms.positive_rate,
    arms.auto_reply_rate,
    arms.total_sent,
    arms.total_events,
    arms.first_sent_on,
    arms.last_sent_on,
    arms.judged_at
from {{ ref("stg_instantly__variant_arms") }} as arms
left join {{ ref("int_campaigns") }} as campaigns
    on
        arms.workspace_id = campaigns.workspace_id
        and arms.campaign_id = campaigns.campaign_id
left join {{ ref("int_copy_versions") }} as copies
    on
        arms.workspace_id = copies.workspace_id
        and arms.campaign_id = copies.campaign_id
        and arms.step = copies.step
        and arms.variant = copies.variant
        and arms.copy_version = copies.copy_version
