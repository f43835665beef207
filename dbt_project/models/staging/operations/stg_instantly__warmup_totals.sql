select
    workspace_id,
    lower(email) as account_email,
    email,
    cast(sent as {{ dbt.type_bigint() }}) as sent,
    cast(received as {{ dbt.type_bigint() }}) as received,
    cast(landed_inbox as {{ dbt.type_bigint() }}) as landed_inbox,
    cast(landed_spam as {{ dbt.type_bigint() }}) as landed_spam,
    cast(health_score as {{ type_double() }}) as health_score,
    health_score_label,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "warmup_totals") }}
