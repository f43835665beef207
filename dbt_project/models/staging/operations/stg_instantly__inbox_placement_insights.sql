select
    workspace_id,
    test_id as placement_test_id,
    cast(sender_esp as {{ dbt.type_bigint() }}) as sender_esp_code,
    {{ code_name("mailbox_provider", "sender_esp") }} as sender_esp_name,
    cast(recipient_esp as {{ dbt.type_bigint() }}) as recipient_esp_code,
    {{ code_name("mailbox_provider", "recipient_esp") }} as recipient_esp_name,
    cast(inbox_percentage as {{ type_double() }}) as inbox_percent,
    cast(spam_percentage as {{ type_double() }}) as spam_percent,
    cast(category_percentage as {{ type_double() }}) as category_percent,
    cast(prev_inbox_percentage as {{ type_double() }}) as previous_inbox_percent,
    cast(prev_spam_percentage as {{ type_double() }}) as previous_spam_percent,
    cast(prev_category_percentage as {{ type_double() }}) as previous_category_percent,
    {{ cast_or_null(quoted("from"), "date") }} as period_from,
    {{ cast_or_null(quoted("to"), "date") }} as period_to,
    {{ cast_or_null("previous_from", "date") }} as previous_period_from,
    {{ cast_or_null("previous_to", "date") }} as previous_period_to,
    {{ utc_timestamp("observed_at") }} as observed_at
from {{ source("instantly_raw", "inbox_placement_insights") }}
