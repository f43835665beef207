select
    run_id,
    workspace_id,
    workspace_name,
    table_name,
    status,
    {{ quoted("rows") }},
    changed,
    requests,
    seconds,
    message,
    started_at,
    finished_at
from {{ ref("stg_instantly__sync_runs") }}
