{#-
  What of the kept history stands now.

  Small tables keep every version of a row (valid from, valid to), reports keep every observation
  (observed at). Nothing below reads a clock: "now" is what the last observation says.
-#}

{#- One row per key: the current version, or the last known one when the row has vanished. -#}
{% macro last_version(relation, key) -%}
    select *
    from (
        select
            versions.*,
            row_number() over (
                partition by {{ key | join(", ") }}
                order by
                    case when valid_to_at is null then 0 else 1 end asc,
                    valid_from_at desc nulls last
            ) as recency
        from {{ relation }} as versions
    ) as ranked
    where recency = 1
{%- endmacro %}

{#- When what a listing names was deleted, as an inline relation: an `owners` of `heard`. -#}
{% macro deletions(relation, key) -%}
    (
        select
            {{ key | join(", ") }},
            valid_to_at as deleted_at
        from ({{ last_version(relation, key) }}) as last_versions
    )
{%- endmacro %}

{#-
  Observations that say something. Reports forget deleted campaigns (quirk C8), and what is no
  longer reported is stored as an observation of zeros: after a deletion that is silence, not news,
  and must not wipe out what the campaign did. `owners` says what the numbers belong to and when it
  was deleted (`deleted_at`), `owner` is the column that names it on both sides.
-#}
{% macro heard(
    relation, events=["sent", "opened", "replies", "clicks"], owners=none, owner="campaign_id"
) -%}
    select observations.*
    from {{ relation }} as observations
    left join {{ owners or ref("int_campaigns") }} as owners
        on
            observations.workspace_id = owners.workspace_id
            and observations.{{ owner }} = owners.{{ owner }}
    where
        owners.deleted_at is null
        or observations.observed_at < owners.deleted_at
        {%- for event in events %}
        or observations.{{ event }} > 0
        {%- endfor %}
{%- endmacro %}

{#- One row per key: the newest observation. Lifetime numbers are always the newest. -#}
{% macro newest_observation(
    relation,
    key,
    events=["sent", "opened", "replies", "clicks"],
    owners=none,
    owner="campaign_id"
) -%}
    select *
    from (
        select
            observations.*,
            row_number() over (
                partition by {{ key | join(", ") }}
                order by observed_at desc nulls last, sent desc nulls last
            ) as recency
        from ({{ heard(relation, events, owners, owner) }}) as observations
    ) as ranked
    where recency = 1
{%- endmacro %}

{#-
  Every observation of a day with the verdict on it: taken or not.

  A day is settled once it is older than `settled_after_days` at the time of the observation. A
  settled day whose `sent` falls is not believed (quirk C17: whole past days went back to 0): the
  observation is taken only if its `sent` reaches the greatest one among the last observation of the
  unsettled day and the settled ones so far. So the greatest stands, the newest among equals, and
  the whole row is taken or left, never single columns. With `settled_days_keep: newest` every
  observation is taken.

  Adds `is_settled`, `is_taken` and `standing`, a number that grows by one with every observation
  taken: an observation that was not taken carries the number of the one that stood before and after
  it. Per key, `is_standing` marks the observation that stands now and `is_newest` the last one;
  they differ where the last one was not taken. Younger days always take the newest.
-#}
{% macro weighed_observations(relation, key, owners=none, owner="campaign_id") -%}
    {%- set by_key = "partition by " ~ key | join(", ") ~ " order by observed_at, sent" -%}
    with marked as (
        select
            heard.*,
            {{ days_between("date", "observed_at") }}
            > {{ var("settled_after_days") }} as is_settled
        from ({{ heard(relation, owners=owners, owner=owner) }}) as heard
    ),

    candidates as (
        select
            marked.*,
            case
                when
                    is_settled
                    or coalesce({{ value_after("is_settled") }} over ({{ by_key }}), false)
                    then sent
            end as candidate_sent
        from marked
    ),

    measured as (
        select
            candidates.*,
            max(candidate_sent) over (
                {{ by_key }} rows between unbounded preceding and 1 preceding
            ) as greatest_sent_before
        from candidates
    ),

    judged as (
        select
            measured.*,
            {% if var("settled_days_keep") == "newest" -%}
            true
            {%- else -%}
            (not is_settled or greatest_sent_before is null or sent >= greatest_sent_before)
            {%- endif %} as is_taken
        from measured
    ),

    numbered as (
        select
            judged.*,
            sum(case when is_taken then 1 else 0 end) over (
                {{ by_key }} rows between unbounded preceding and current row
            ) as standing,
            {{ value_after("observed_at") }} over ({{ by_key }}) is null as is_newest
        from judged
    )

    select
        numbered.*,
        is_taken
        and standing = max(standing) over (partition by {{ key | join(", ") }}) as is_standing
    from numbered
{%- endmacro %}

{#-
  Versions joined into stretches of one state (a copy hash, a tracking setting), numbered from 1.

  A state that returns is a new stretch, also after a gap in which the row had vanished: what was
  sent before and after belongs to different seasons. Columns other than the bounds come from the
  last version of the stretch. `days_from` (inclusive) and `days_before` (exclusive) say which days
  a stretch stands for: a day belongs to the stretch in force at its end, days before the first
  observation to the first stretch, days in a gap to the stretch before it.
-#}
{% macro stretches(relation, key, state) -%}
    {%- set key_list = key | join(", ") -%}
    with versions as (
        select
            states.*,
            {{ value_before(state) }} over (
                partition by {{ key_list }} order by valid_from_at
            ) as state_before,
            {{ value_before("valid_to_at") }} over (
                partition by {{ key_list }} order by valid_from_at
            ) as end_before
        from {{ relation }} as states
    ),

    numbered as (
        select
            versions.*,
            sum(
                case
                    when state_before = {{ state }} and end_before = valid_from_at then 0 else 1
                end
            ) over (
                partition by {{ key_list }}
                order by valid_from_at
                rows between unbounded preceding and current row
            ) as stretch
        from versions
    ),

    bounded as (
        select
            numbered.*,
            min(valid_from_at) over (partition by {{ key_list }}, stretch) as starts_at,
            row_number() over (
                partition by {{ key_list }}, stretch order by valid_from_at desc nulls last
            ) as recency
        from numbered
    ),

    stretched as (
        select bounded.*
        from bounded
        where recency = 1
    )

    select
        stretched.*,
        case
            when stretch = 1 then {{ outermost_day("first") }} else cast(starts_at as date)
        end as days_from,
        coalesce(
            cast(
                {{ value_after("starts_at") }} over (
                    partition by {{ key_list }} order by stretch
                ) as date
            ),
            {{ outermost_day("last") }}
        ) as days_before
    from stretched
{%- endmacro %}

{#-
  One row per observation, day and count that says something else than the value that stood.

  Days grow while they run, so an observation is compared only with a value seen after the day was
  over (UTC); what was not taken is listed in any case. `kept` is `new` where the observation was
  taken, `old` where the value that stood still stands. Of the columns that name the day's number,
  those that are no part of `key` are null.
-#}
{% macro restated(relation, key, counts) -%}
    select
        observed.workspace_id,
        {{ own_or_null("campaign_id", key, type_text()) }},
        {{ own_or_null("step", key, dbt.type_bigint()) }},
        {{ own_or_null("variant", key, dbt.type_bigint()) }},
        observed.date,
        metrics.metric,
        {{ count_of("stood", counts) }} as old_value,
        {{ count_of("observed", counts) }} as new_value,
        observed.observed_at as seen_at,
        case when observed.is_taken then 'new' else 'old' end as kept,
        {{ own_or_null("account_email", key, type_text()) }}
    from {{ relation }} as observed
    inner join {{ relation }} as stood
        on
            {%- for column in key %}
            {{ "and " if not loop.first }}observed.{{ column }} = stood.{{ column }}
            {%- endfor %}
            and stood.is_taken
            and stood.standing
            = observed.standing - case when observed.is_taken then 1 else 0 end
    cross join {{ names_of(counts) }} as metrics
    where
        (cast(stood.observed_at as date) > stood.date or not observed.is_taken)
        and coalesce({{ count_of("stood", counts) }}, 0)
        <> coalesce({{ count_of("observed", counts) }}, 0)
{%- endmacro %}

{% macro own_or_null(column, key, type) -%}
    {%- if column in key -%}
    observed.{{ column }}
    {%- else -%}
    cast(null as {{ type }}) as {{ column }}
    {%- endif -%}
{%- endmacro %}
