select
    workspace_id,
    table_name,
    row_key,
    column_name,
    reason,
    {{ quoted("rows") }},
    first_seen_at,
    last_seen_at,
    resolved_at,
    resolved_at is null as is_open
from {{ ref("stg_instantly__quarantine") }}
