{#-
  `firsts`: a lead counts once at a position, for the mail that its first answer answers. The day
  of the last run is not over, so what came in then does not count yet.
-#}
with clock as (
    select cast(max(observed_at) as date) as today
    from {{ ref("stg_instantly__sync_runs") }}
),

ranked as (
    select
        replies.*,
        row_number() over (
            partition by
                replies.workspace_id,
                replies.campaign_id,
                replies.step,
                replies.variant,
                replies.lead_key,
                replies.is_automatic
            order by replies.received_at nulls last, replies.email_id nulls last
        ) as rank_of_lead
    from {{ ref("int_sequence_replies") }} as replies
    inner join clock on replies.received_on < clock.today
),

firsts as (
    select
        workspace_id,
        answered_email_id,
        max(case when is_automatic then 0 else 1 end) as is_replied,
        max(case when is_automatic then 1 else 0 end) as is_replied_automatically
    from ranked
    where rank_of_lead = 1
    group by workspace_id, answered_email_id
)

select
    mails.workspace_id,
    mails.campaign_id,
    mails.step,
    mails.variant,
    mails.copy_version,
    mails.mailed_on as date,
    count(*) as sent,
    {{ as_bigint("sum(coalesce(firsts.is_replied, 0))") }} as unique_replies,
    {{ as_bigint("sum(coalesce(firsts.is_replied_automatically, 0))") }}
        as unique_replies_automatic
from {{ ref("int_sequence_mails") }} as mails
left join firsts
    on
        mails.workspace_id = firsts.workspace_id
        and mails.email_id = firsts.answered_email_id
where mails.copy_version is not null
group by
    mails.workspace_id,
    mails.campaign_id,
    mails.step,
    mails.variant,
    mails.copy_version,
    mails.mailed_on
