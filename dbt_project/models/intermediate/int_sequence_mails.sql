{#-
  A table: the answers and the counts are made of it, and a busy workspace has millions of mails.
  `copies` are the texts with the time for which each stood. Mails of the day on which a new text
  was first seen, but from before that look, belong to neither: so a day is one text's alone.
-#}
{{ config(materialized="table") }}
with mails as (
    select
        workspace_id,
        email_id,
        campaign_id,
        step,
        variant,
        coalesce(lead_email, lead_id) as lead_key,
        coalesce(mailed_at, created_at) as mailed_at
    from {{ ref("stg_instantly__emails") }}
    where
        {{ is_campaign_mail() }}
        and {{ is_of_the_campaign_itself() }}
        and {{ is_attributed() }}
),

copies as (
    select
        workspace_id,
        campaign_id,
        step,
        variant,
        copy_version,
        valid_from_at,
        {{ value_after("valid_from_at") }} over (
            partition by workspace_id, campaign_id, step, variant order by copy_version
        ) as next_from_at
    from {{ ref("int_copy_versions") }}
)

select
    mails.workspace_id,
    mails.email_id,
    mails.campaign_id,
    mails.step,
    mails.variant,
    case when edits.copy_version is null then coalesce(copies.copy_version, 1) end as copy_version,
    mails.lead_key,
    mails.mailed_at,
    cast(mails.mailed_at as date) as mailed_on
from mails
left join copies
    on
        mails.workspace_id = copies.workspace_id
        and mails.campaign_id = copies.campaign_id
        and mails.step = copies.step
        and mails.variant = copies.variant
        and (copies.copy_version = 1 or mails.mailed_at >= copies.valid_from_at)
        and (copies.next_from_at is null or mails.mailed_at < copies.next_from_at)
left join {{ ref("int_copy_edits") }} as edits
    on
        copies.workspace_id = edits.workspace_id
        and copies.campaign_id = edits.campaign_id
        and copies.step = edits.step
        and copies.variant = edits.variant
        and copies.copy_version + 1 = edits.copy_version
        and (
            mails.mailed_at >= edits.unclear_from_at
            or cast(mails.mailed_at as date) >= cast(edits.valid_from_at as date)
        )
