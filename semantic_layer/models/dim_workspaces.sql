select * from {{ source("instantly", "dim_workspaces") }}
