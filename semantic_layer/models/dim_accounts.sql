select * from {{ source("instantly", "dim_accounts") }}
