{#- A table: four models read it, and its windows are the dearest part of a build. -#}
{{ config(materialized="table") }}
{{ weighed_observations(
    ref("stg_instantly__step_analytics_daily"),
    ["workspace_id", "campaign_id", "step", "variant", "date"],
) }}
