select
    workspace_id,
    campaign_id,
    subsequence_id,
    cast(emails_sent as {{ dbt.type_bigint() }}) as sent,
    cast(unique_opens as {{ dbt.type_bigint() }}) as unique_opened,
    cast(unique_replies as {{ dbt.type_bigint() }}) as unique_replies,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "subsequence_analytics") }}
