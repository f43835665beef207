select
    workspace_id,
    campaign_id,
    {{ json_text("diagnostics", "status") }} as sending_status,
    {{ json_text("summary", "status") }} as summary_status,
    {{ json_text("summary", "status_message") }} as status_message,
    {{ text_timestamp(json_text("summary", "issue_started_at")) }} as issue_started_at,
    {{ text_timestamp(json_text("summary", "last_healthy_send_at")) }} as last_healthy_send_at,
    {{ json_whole("diagnostics") }} as diagnostics,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "campaign_sending_status") }}
