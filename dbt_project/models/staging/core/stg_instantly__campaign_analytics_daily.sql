select
    workspace_id,
    campaign_id,
    cast(date as date) as date,
    cast(contacted as {{ dbt.type_bigint() }}) as contacted,
    cast(new_leads_contacted as {{ dbt.type_bigint() }}) as new_leads_contacted,
    cast(sent as {{ dbt.type_bigint() }}) as sent,
    cast(opened as {{ dbt.type_bigint() }}) as opened,
    cast(unique_opened as {{ dbt.type_bigint() }}) as unique_opened,
    cast(replies as {{ dbt.type_bigint() }}) as replies,
    cast(unique_replies as {{ dbt.type_bigint() }}) as unique_replies,
    cast(replies_automatic as {{ dbt.type_bigint() }}) as replies_automatic,
    cast(unique_replies_automatic as {{ dbt.type_bigint() }}) as unique_replies_automatic,
    cast(clicks as {{ dbt.type_bigint() }}) as clicks,
    cast(unique_clicks as {{ dbt.type_bigint() }}) as unique_clicks,
    cast(opportunities as {{ dbt.type_bigint() }}) as opportunities,
    cast(unique_opportunities as {{ dbt.type_bigint() }}) as unique_opportunities,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "campaign_analytics_daily") }}
