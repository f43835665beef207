select * from {{ source("instantly", "fct_account_engagement_daily") }}
