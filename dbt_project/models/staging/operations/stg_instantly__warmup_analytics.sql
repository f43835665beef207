select
    workspace_id,
    lower(email) as account_email,
    email,
    cast(date as date) as date,
    cast(sent as {{ dbt.type_bigint() }}) as sent,
    cast(received as {{ dbt.type_bigint() }}) as received,
    cast(landed_inbox as {{ dbt.type_bigint() }}) as landed_inbox,
    cast(landed_spam as {{ dbt.type_bigint() }}) as landed_spam,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "warmup_analytics") }}
