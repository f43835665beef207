select
    workspace_id,
    id as workspace_group_member_id,
    admin_workspace_id,
    sub_workspace_id,
    admin_workspace_name,
    sub_workspace_name,
    status,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "workspace_group_members") }}
