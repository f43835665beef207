select * from {{ source("instantly", "dim_campaigns") }}
