{#-
  `labels`: one per number; a deleted label still names the leads that carry its number.
-#}
{{ config(materialized=leads_materialization()) }}
with labels as (
    {{ last_version(ref("stg_instantly__lead_labels"), ["workspace_id", "interest_status"]) }}
)

select
    leads.workspace_id,
    leads.lead_id,
    leads.campaign_id,
    leads.list_id,
    leads.subsequence_id,
    leads.lead_email as email,
    leads.first_name,
    leads.last_name,
    leads.company_name,
    leads.company_domain,
    leads.job_title,
    leads.phone,
    leads.website,
    leads.status,
    leads.status_name,
    leads.interest_status,
    case
        when leads.interest_status_name = 'unknown' then coalesce(labels.label, 'unknown')
        else leads.interest_status_name
    end as interest_status_name,
    {{ is_interested("leads.interest_status", "labels.tone") }} as is_interested,
    leads.verification_status,
    leads.verification_status_name,
    leads.esp_name,
    leads.opened,
    leads.replies,
    leads.clicks,
    leads.opened_step,
    leads.opened_variant,
    leads.replied_step,
    leads.replied_variant,
    leads.clicked_step,
    leads.clicked_variant,
    leads.last_account_email,
    coalesce(leads.assigned_to_user_id, leads.uploaded_by_user_id) as owner_user_id,
    leads.assigned_to_user_id,
    leads.uploaded_by_user_id,
    leads.potential_value,
    leads.payload as custom_variables,
    leads.last_contact_at,
    leads.last_open_at,
    leads.last_reply_at,
    leads.last_click_at,
    leads.last_interest_change_at,
    leads.created_at,
    leads.updated_at,
    leads.observed_at,
    leads.deleted_at,
    leads.deleted_at is not null as is_deleted
from {{ ref("stg_instantly__leads") }} as leads
left join labels
    on
        leads.workspace_id = labels.workspace_id
        and leads.interest_status = labels.interest_status
