{{ weighed_observations(
    ref("stg_instantly__campaign_analytics_daily"),
    ["workspace_id", "campaign_id", "date"],
) }}
