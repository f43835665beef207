select * from {{ source("instantly", "fct_variant_engagement_daily") }}
