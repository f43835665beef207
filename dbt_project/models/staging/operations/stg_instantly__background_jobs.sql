select
    workspace_id,
    id as background_job_id,
    {{ quoted("type") }} as job_type,
    status,
    cast(progress as {{ type_double() }}) as progress_percent,
    entity_type,
    entity_id,
    user_id,
    {{ json_whole("data") }} as details,
    {{ utc_timestamp("created_at") }} as created_at,
    {{ utc_timestamp("updated_at") }} as updated_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "background_jobs") }}
