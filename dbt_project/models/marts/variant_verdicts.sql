with verdicts as (
    select *
    from {{ ref("stg_instantly__variant_verdicts") }}
),

arms as (
    select *
    from {{ ref("stg_instantly__variant_arms") }}
)

select
    verdicts.workspace_id,
    verdicts.campaign_id,
    verdicts.step,
    campaigns.campaign_name,
    verdicts.step_number,
    campaigns.is_deleted,
    verdicts.metric,
    verdicts.status,
    verdicts.reason,
    verdicts.sentence,
    verdicts.arms,
    verdicts.arms_compared,
    verdicts.winner_variant,
    verdicts.winner_copy_version,
    winners.variant_label as winner_label,
    verdicts.leader_variant,
    verdicts.leader_copy_version,
    leaders.variant_label as leader_label,
    verdicts.leader_rate,
    verdicts.leader_events,
    verdicts.leader_sent,
    verdicts.rival_variant,
    verdicts.rival_copy_version,
    rivals.variant_label as rival_label,
    verdicts.rival_rate,
    verdicts.rival_events,
    verdicts.rival_sent,
    verdicts.probability,
    verdicts.expected_loss,
    verdicts.lift,
    verdicts.lift_low,
    verdicts.lift_high,
    verdicts.p_value,
    verdicts.effect,
    verdicts.sends_floor,
    verdicts.sends_needed,
    verdicts.days_to_go,
    verdicts.window_from,
    verdicts.window_to,
    verdicts.shared_days,
    verdicts.shared_days_needed,
    verdicts.split_p_value,
    verdicts.split_smallest,
    verdicts.split_largest,
    verdicts.basis,
    verdicts.mail_coverage,
    verdicts.has_auto_selection,
    verdicts.has_paused_arm,
    verdicts.has_vanished_arm,
    verdicts.has_edited_copy,
    verdicts.has_waiting_arm,
    verdicts.has_switched_tracking,
    verdicts.has_changed_accounts,
    verdicts.has_reversed_rates,
    verdicts.loses_on_positives,
    verdicts.has_more_automatic_replies,
    verdicts.judged_at
from verdicts
left join {{ ref("int_campaigns") }} as campaigns
    on
        verdicts.workspace_id = campaigns.workspace_id
        and verdicts.campaign_id = campaigns.campaign_id
left join arms as winners
    on
        verdicts.workspace_id = winners.workspace_id
        and verdicts.campaign_id = winners.campaign_id
        and verdicts.step = winners.step
        and verdicts.winner_variant = winners.variant
        and verdicts.winner_copy_version = winners.copy_version
left join arms as leaders
    on
        verdicts.workspace_id = leaders.workspace_id
        and verdicts.campaign_id = leaders.campaign_id
        and verdicts.step = leaders.step
        and verdicts.leader_variant = leaders.variant
        and verdicts.leader_copy_version = leaders.copy_version
left join arms as rivals
    on
        verdicts.workspace_id = rivals.workspace_id
        and verdicts.campaign_id = rivals.campaign_id
        and verdicts.step = rivals.step
        and verdicts.rival_variant = rivals.variant
        and verdicts.rival_copy_version = rivals.copy_version
