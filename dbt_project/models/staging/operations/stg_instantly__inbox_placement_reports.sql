select
    workspace_id,
    id as placement_report_id,
    test_id as placement_test_id,
    cast(timestamp_created_date as date) as date,
    domain,
    domain_ip,
    cast(domain_blacklist_count as {{ dbt.type_bigint() }}) as domain_blacklists,
    cast(domain_ip_blacklist_count as {{ dbt.type_bigint() }}) as domain_ip_blacklists,
    cast(spam_assassin_score as {{ type_double() }}) as spam_assassin_score,
    {{ json_whole("spam_assassin_report") }} as spam_assassin_report,
    {{ json_whole("blacklist_report") }} as blacklist_report,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("observed_at") }} as observed_at,
    {{ utc_timestamp("deleted_at") }} as deleted_at
from {{ source("instantly_raw", "inbox_placement_reports") }}
