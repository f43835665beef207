select
    run_id,
    workspace_id,
    workspace_name,
    table_name,
    status,
    cast({{ quoted("rows") }} as {{ dbt.type_bigint() }}) as {{ quoted("rows") }},
    cast(changed as {{ dbt.type_bigint() }}) as changed,
    cast(requests as {{ dbt.type_bigint() }}) as requests,
    cast(seconds as {{ type_double() }}) as seconds,
    message,
    version,
    {{ utc_timestamp("started_at") }} as started_at,
    {{ utc_timestamp("finished_at") }} as finished_at,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "sync_runs") }}
