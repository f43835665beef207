select
    workspace_id,
    subsequence_id,
    cast(step as {{ dbt.type_bigint() }}) as step,
    cast(variant as {{ dbt.type_bigint() }}) as variant,
    cast(sent as {{ dbt.type_bigint() }}) as sent,
    cast(opened as {{ dbt.type_bigint() }}) as opened,
    cast(unique_opened as {{ dbt.type_bigint() }}) as unique_opened,
    cast(replies as {{ dbt.type_bigint() }}) as replies,
    cast(unique_replies as {{ dbt.type_bigint() }}) as unique_replies,
    cast(replies_automatic as {{ dbt.type_bigint() }}) as replies_automatic,
    cast(unique_replies_automatic as {{ dbt.type_bigint() }}) as unique_replies_automatic,
    cast(clicks as {{ dbt.type_bigint() }}) as clicks,
    cast(unique_clicks as {{ dbt.type_bigint() }}) as unique_clicks,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "subsequence_step_analytics") }}
