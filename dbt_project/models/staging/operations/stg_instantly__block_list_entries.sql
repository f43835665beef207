select
    workspace_id,
    id as block_list_entry_id,
    lower(bl_value) as blocked_value,
    is_domain,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "block_list_entries") }}
