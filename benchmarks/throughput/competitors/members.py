"""The members of a lead, for tools that want to be told them."""

TEXTS = (
    *("id", "organization", "campaign", "email", "personalization", "website", "last_name"),
    *("first_name", "company_name", "job_title", "phone", "company_domain", "last_step_from"),
    *("last_step_id", "pl_value_lead", "list_id", "last_contacted_from", "uploaded_by_user"),
    *("upload_method", "assigned_to"),
)
NUMBERS = (
    *("status", "verification_status", "enrichment_status", "esp_code", "esg_code"),
    *("email_open_count", "email_reply_count", "email_click_count", "lt_interest_status"),
    *("email_opened_step", "email_opened_variant", "email_replied_step", "email_replied_variant"),
)
TIMES = (
    *("timestamp_created", "timestamp_updated", "timestamp_last_contact", "timestamp_last_open"),
    *("timestamp_last_touch", "last_step_timestamp_executed"),
)
BOOLEANS = ("is_website_visitor",)
NESTED = ("status_summary", "payload", "status_summary_subseq")
