{%- set position = ["workspace_id", "campaign_id", "step", "variant"] -%}
with reported as (
    select
        {{ position | join(",\n        ") }},
        date,
        sent as reported_sent,
        0 as mailed_sent,
        coalesce(unique_replies, 0) as reported_replies,
        0 as mailed_replies
    from {{ ref("int_variant_day_observations") }}
    where is_standing and {{ is_attributed() }}
),

mailed as (
    select
        {{ position | join(",\n        ") }},
        mailed_on as date,
        0 as reported_sent,
        count(*) as mailed_sent,
        0 as reported_replies,
        0 as mailed_replies
    from {{ ref("int_sequence_mails") }}
    group by {{ position | join(", ") }}, mailed_on
),

answered as (
    select
        {{ position | join(",\n        ") }},
        received_on as date,
        0 as reported_sent,
        0 as mailed_sent,
        0 as reported_replies,
        count(distinct lead_key) as mailed_replies
    from {{ ref("int_sequence_replies") }}
    where not is_automatic
    group by {{ position | join(", ") }}, received_on
),

counted as (
    select *
    from reported
    union all
    select *
    from mailed
    union all
    select *
    from answered
)

select
    {{ position | join(",\n    ") }},
    date,
    {{ as_bigint("sum(reported_sent)") }} as reported_sent,
    {{ as_bigint("sum(mailed_sent)") }} as mailed_sent,
    {{ as_bigint("sum(reported_replies)") }} as reported_replies,
    {{ as_bigint("sum(mailed_replies)") }} as mailed_replies
from counted
group by {{ position | join(", ") }}, date
