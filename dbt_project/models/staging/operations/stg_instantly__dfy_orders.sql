select
    workspace_id,
    domain,
    forwarding_domain,
    forwarding_mode,
    is_pre_warmed_up,
    {{ utc_timestamp("timestamp_cancelled") }} as cancelled_at,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "dfy_orders") }}
