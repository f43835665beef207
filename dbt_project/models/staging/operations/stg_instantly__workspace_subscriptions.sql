select
    workspace_id,
    price_id,
    product_id,
    product_type,
    plan_type,
    cast(quantity as {{ type_double() }}) as quantity,
    cast(price_in_dollars as {{ type_double() }}) as price_in_dollars,
    {{ quoted("interval") }} as billing_period,
    {{ unix_timestamp("current_period_end") }} as period_ends_at,
    {{ unix_timestamp("cancel_at_time") }} as cancels_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "workspace_subscriptions") }}
