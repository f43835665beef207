select
    workspace_id,
    id as label_id,
    label,
    cast(interest_status as {{ dbt.type_bigint() }}) as interest_status,
    interest_status_label as tone,
    description,
    use_with_ai as is_used_with_ai,
    {{ json_whole("access_grants") }} as access_grants,
    created_by as created_by_user_id,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "lead_labels") }}
