{{ restated(
    ref("int_variant_day_observations"),
    ["workspace_id", "campaign_id", "step", "variant", "date"],
    engagement_counts(),
) }}
union all
{{ restated(
    ref("int_campaign_day_observations"),
    ["workspace_id", "campaign_id", "date"],
    campaign_day_counts(),
) }}
union all
{{ restated(
    ref("int_account_day_observations"),
    ["workspace_id", "account_email", "date"],
    account_day_counts(),
) }}
