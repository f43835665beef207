select
    workspace_id,
    account_email,
    date,
    {{ account_day_counts() | join(",\n    ") }},
    {{ rates_with_intervals(account_day_rates()) }},
    observed_at
from {{ ref("int_account_day_observations") }}
where is_standing
