select
    workspace_id,
    id as phone_number_id,
    phone_number,
    country,
    locality,
    subscription_id,
    twilio_sid,
    cast(price as {{ type_double() }}) as price,
    cast(renewal_date as date) as renews_on,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "phone_numbers") }}
