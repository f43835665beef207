{{ copy_versions(
    ref("stg_instantly__campaign_variants"),
    ["workspace_id", "campaign_id", "step", "variant"],
) }}
