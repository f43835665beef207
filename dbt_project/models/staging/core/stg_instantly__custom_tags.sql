select
    workspace_id,
    id as tag_id,
    label as tag_label,
    description,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("timestamp_updated") }} as updated_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "custom_tags") }}
