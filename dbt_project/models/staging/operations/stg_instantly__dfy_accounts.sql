select
    workspace_id,
    id as dfy_account_id,
    lower(email) as account_email,
    domain,
    cast(email_provider as {{ dbt.type_bigint() }}) as provider_code,
    {{ code_name("ordered_provider", "email_provider") }} as provider_name,
    first_name,
    last_name,
    is_pre_warmed_up,
    {{ utc_timestamp("timestamp_cancelled") }} as cancelled_at,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "dfy_accounts") }}
