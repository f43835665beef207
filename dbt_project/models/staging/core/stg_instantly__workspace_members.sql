select
    workspace_id,
    id as member_id,
    user_id,
    email,
    {{ json_text("name", "first") }} as first_name,
    {{ json_text("name", "last") }} as last_name,
    role,
    accepted as is_accepted,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "workspace_members") }}
