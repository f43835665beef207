select
    workspace_id,
    list_id,
    cast(total_leads as {{ dbt.type_bigint() }}) as leads,
    {{ as_bigint(json_number("stats", "verified")) }} as verified,
    {{ as_bigint(json_number("stats", "invalid")) }} as invalid,
    {{ as_bigint(json_number("stats", "risky")) }} as risky,
    {{ as_bigint(json_number("stats", "catch_all")) }} as catch_all,
    {{ as_bigint(json_number("stats", "job_change")) }} as job_change,
    {{ as_bigint(json_number("stats", "verification_job_pending_leadfinder")) }}
        as pending_lead_finder,
    {{ as_bigint(json_number("stats", "verification_job_pending_user")) }} as pending_user,
    {{ json_whole("stats") }} as stats,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "lead_list_verification_stats") }}
