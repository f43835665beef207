select * from {{ source("instantly", "campaign_performance") }}
