select
    workspace_id,
    id as campaign_id,
    name as campaign_name,
    cast(status as {{ dbt.type_bigint() }}) as status,
    open_tracking,
    link_tracking,
    {{ json_text("auto_variant_select", "trigger") }} as auto_variant_trigger,
    owned_by as owner_user_id,
    is_evergreen,
    text_only as is_text_only,
    stop_on_reply as is_stopped_on_reply,
    cast(daily_limit as {{ type_double() }}) as daily_limit,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("timestamp_updated") }} as updated_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "campaigns") }}
