with runs as (
    select
        run_id,
        max(observed_at) as as_of,
        max(finished_at) as finished_at,
        max(version) as version
    from {{ ref("stg_instantly__sync_runs") }}
    group by run_id
),

ranked as (
    select
        runs.*,
        row_number() over (
            order by as_of desc nulls last, finished_at desc nulls last, run_id desc nulls last
        ) as recency
    from runs
)

select
    run_id,
    as_of,
    version
from ranked
where recency = 1
