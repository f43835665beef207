select
    workspace_id,
    test_id as placement_test_id,
    cast(count as {{ dbt.type_bigint() }}) as mails,
    cast(inbox_count as {{ dbt.type_bigint() }}) as inbox,
    cast(inbox_percent as {{ type_double() }}) as inbox_percent,
    cast(spam_count as {{ dbt.type_bigint() }}) as spam,
    cast(spam_percent as {{ type_double() }}) as spam_percent,
    cast(category_count as {{ dbt.type_bigint() }}) as category,
    cast(category_percent as {{ type_double() }}) as category_percent,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "inbox_placement_test_totals") }}
