{#-
  A reply that names its position answers a mail of that position, or of none that is stored; one
  that names nothing answers the lead's last mail before it, if possible of its own thread.
-#}
{{ config(materialized="table") }}
with messages as (
    select
        workspace_id,
        email_id,
        campaign_id,
        coalesce(lead_email, lead_id) as lead_key,
        thread_id,
        step_position,
        subsequence_id,
        subsequence_index,
        step,
        variant,
        email_type,
        coalesce(is_auto_reply, false) as is_automatic,
        coalesce(mailed_at, created_at) as mailed_at,
        case when mailed_at <= created_at then mailed_at else created_at end as received_at
    from {{ ref("stg_instantly__emails") }}
    where campaign_id is not null
),

mails as (
    select *
    from messages
    where {{ is_campaign_mail() }}
),

replies as (
    select *
    from messages
    where {{ is_received() }}
),

candidates as (
    select
        replies.workspace_id,
        replies.email_id,
        mails.email_id as answered_email_id,
        mails.subsequence_id,
        mails.subsequence_index,
        mails.step,
        mails.variant,
        row_number() over (
            partition by replies.workspace_id, replies.email_id
            order by
                case when mails.thread_id = replies.thread_id then 0 else 1 end asc,
                case when mails.mailed_at <= replies.received_at then 0 else 1 end asc,
                mails.mailed_at desc nulls last,
                mails.email_id asc nulls last
        ) as closeness
    from replies
    inner join mails
        on
            replies.workspace_id = mails.workspace_id
            and replies.campaign_id = mails.campaign_id
            and replies.lead_key = mails.lead_key
            and (
                replies.step_position = mails.step_position
                or (replies.step_position is null and replies.received_at >= mails.mailed_at)
            )
),

credited as (
    select
        replies.workspace_id,
        replies.email_id,
        replies.campaign_id,
        coalesce(replies.subsequence_id, candidates.subsequence_id) as subsequence_id,
        coalesce(replies.subsequence_index, candidates.subsequence_index) as subsequence_index,
        coalesce(replies.step, candidates.step) as step,
        coalesce(replies.variant, candidates.variant) as variant,
        candidates.answered_email_id,
        replies.lead_key,
        replies.is_automatic,
        replies.received_at
    from replies
    left join candidates
        on
            replies.workspace_id = candidates.workspace_id
            and replies.email_id = candidates.email_id
            and candidates.closeness = 1
)

select
    workspace_id,
    email_id,
    campaign_id,
    step,
    variant,
    answered_email_id,
    lead_key,
    is_automatic,
    received_at,
    cast(received_at as date) as received_on
from credited
where {{ is_of_the_campaign_itself() }} and {{ is_attributed() }}
