select * from {{ source("instantly", "fct_campaign_engagement_daily") }}
