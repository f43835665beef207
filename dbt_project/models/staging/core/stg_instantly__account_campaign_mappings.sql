select
    workspace_id,
    lower(account_email) as account_email,
    account_email as email,
    campaign_id,
    campaign_name,
    cast(status as {{ dbt.type_bigint() }}) as campaign_status,
    {{ code_name("campaign_status", "status") }} as campaign_status_name,
    {{ utc_timestamp("timestamp_created") }} as campaign_created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "account_campaign_mappings") }}
