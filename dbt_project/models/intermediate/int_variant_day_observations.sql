{{ weighed_observations(
    ref("stg_instantly__step_analytics_daily"),
    ["workspace_id", "campaign_id", "step", "variant", "date"],
) }}
