select
    workspace_id,
    id as list_id,
    name as list_name,
    has_enrichment_task,
    owned_by as owner_user_id,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "lead_lists") }}
