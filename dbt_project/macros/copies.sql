{#- Texts and numbers by position, of campaigns and of subsequences alike. -#}

{#- Copy versions by position: rows of a listing joined while the text stays the same. -#}
{% macro copy_versions(relation, key) -%}
    with stretched as (
        {{ stretches(relation, key, "copy_hash") }}
    )

    select
        {{ key | join(",\n        ") }},
        cast(stretch as {{ dbt.type_bigint() }}) as copy_version,
        copy_hash,
        subject,
        body,
        is_disabled,
        step_type,
        delay,
        delay_unit,
        pre_delay,
        pre_delay_unit,
        starts_at as valid_from_at,
        valid_to_at,
        valid_to_at is null as is_current,
        days_from,
        days_before,
        row_number() over (partition by {{ key | join(", ") }} order by stretch desc nulls last) = 1
            as is_last,
        count(*) over (partition by {{ key | join(", ") }}) as copy_versions
    from stretched
{%- endmacro %}

{#-
  Every position with its newest lifetime counts and its current or last known copy, from
  `positions` (with `has_days`, 1 where a day report knows the position), `reported` and `copies`.
  A position that is only listed has zeros: nothing was sent there.
-#}
{% macro lifetime_of_positions(key, counts) -%}
    select
        {{ columns_of("positions", key) }},
        copies.copy_version,
        coalesce(copies.copy_versions, 0) as copy_versions,
        copies.copy_hash,
        copies.subject,
        copies.body,
        coalesce(copies.is_current, false) as is_current,
        copies.is_disabled,
        reported.observed_at,
        {{ zero_where(
            "reported.observed_at is null and positions.has_days = 0", counts, "reported",
        ) }}
    from positions
    {%- for relation in ["reported", "copies"] %}
    left join {{ relation }}
        on
            {%- for column in key %}
            {{ "and " if not loop.first }}positions.{{ column }} = {{ relation }}.{{ column }}
            {%- endfor %}
    {%- endfor %}
{%- endmacro %}
