select
    workspace_id,
    name as workspace_name,
    owner as owner_user_id,
    plan_id,
    cast(default_opportunity_value as {{ type_double() }}) as default_opportunity_value,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "workspaces") }}
