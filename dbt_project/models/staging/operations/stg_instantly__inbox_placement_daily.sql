select
    workspace_id,
    test_id as placement_test_id,
    cast(timestamp_created_date as date) as date,
    cast(sent_count as {{ dbt.type_bigint() }}) as sent,
    cast(received_count as {{ dbt.type_bigint() }}) as received,
    cast(inbox_count as {{ dbt.type_bigint() }}) as inbox,
    cast(spam_count as {{ dbt.type_bigint() }}) as spam,
    cast(category_count as {{ dbt.type_bigint() }}) as category,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "inbox_placement_daily") }}
