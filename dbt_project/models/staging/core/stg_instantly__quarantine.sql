select
    workspace_id,
    table_name,
    row_key,
    column_name,
    reason,
    cast({{ quoted("rows") }} as {{ dbt.type_bigint() }}) as {{ quoted("rows") }},
    {{ utc_timestamp("first_seen_at") }} as first_seen_at,
    {{ utc_timestamp("last_seen_at") }} as last_seen_at,
    {{ utc_timestamp("resolved_at") }} as resolved_at
from {{ source("instantly_raw", "quarantine") }}
