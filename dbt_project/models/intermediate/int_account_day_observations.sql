{#- A table: three models read it, and its windows are the dearest part of a build. -#}
{{ config(materialized="table") }}
{{ weighed_observations(
    ref("stg_instantly__account_analytics_daily"),
    ["workspace_id", "account_email", "date"],
    owners=ref("int_accounts"),
    owner="account_email",
) }}
