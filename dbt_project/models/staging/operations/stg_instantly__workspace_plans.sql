select
    workspace_id,
    organization_name as workspace_name,
    {{ json_text("subscriptions", "outreach.plan_name") }} as outreach_plan,
    {{ json_text("subscriptions", "credits.plan_name") }} as credits_plan,
    {{ json_text("subscriptions", "bundle.plan_name") }} as bundle_plan,
    {{ json_text("subscriptions", "crm.plan_name") }} as crm_plan,
    {{ json_text("subscriptions", "website_visitors.plan_name") }} as website_visitors_plan,
    {{ json_text("subscriptions", "inbox_placement.plan_name") }} as inbox_placement_plan,
    {{ as_bigint(json_number("subscriptions", "outreach.total_lead_limit")) }} as lead_limit,
    {{ as_bigint(json_number("subscriptions", "outreach.current_lead_count")) }} as leads,
    {{ json_number("subscriptions", "credits.available_credits") }} as credits_available,
    {{ json_whole("subscriptions") }} as subscriptions,
    {{ json_whole("addons") }} as addons,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "workspace_plans") }}
