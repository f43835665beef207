{#-
  `settings`: versions of the campaign's row that were in force while mails went out. `automatic`:
  the days of automatic selection, from its first to its last; the first version that was ever seen
  counts back to the beginning, and one that stands has no last day.
-#}
with sending as (
    select
        workspace_id,
        campaign_id,
        min(date) as first_day,
        max(date) as last_day
    from {{ ref("int_variant_day_observations") }}
    where is_standing and sent > 0
    group by workspace_id, campaign_id
),

settings as (
    select
        versions.workspace_id,
        versions.campaign_id,
        count(distinct versions.open_tracking) > 1
        or count(distinct versions.link_tracking) > 1 as is_tracking_switched,
        count(distinct coalesce({{ json_set("versions.sending_accounts") }}, '')) > 1
        or count(distinct coalesce({{ json_set("versions.sending_account_tags") }}, '')) > 1
            as is_accounts_changed
    from {{ ref("stg_instantly__campaigns") }} as versions
    inner join sending
        on
            versions.workspace_id = sending.workspace_id
            and versions.campaign_id = sending.campaign_id
            and cast(versions.valid_from_at as date) <= sending.last_day
            and (
                versions.valid_to_at is null
                or cast(versions.valid_to_at as date) > sending.first_day
            )
    group by versions.workspace_id, versions.campaign_id
),

numbered as (
    select
        versions.*,
        row_number() over (
            partition by versions.workspace_id, versions.campaign_id
            order by versions.valid_from_at nulls last
        ) as version_number
    from {{ ref("stg_instantly__campaigns") }} as versions
),

automatic as (
    select
        workspace_id,
        campaign_id,
        min(
            case
                when version_number = 1 then cast('1970-01-01' as date)
                else cast(valid_from_at as date)
            end
        ) as auto_selected_from,
        case
            when count(*) = count(valid_to_at)
                then {{ day_before("cast(max(valid_to_at) as date)") }}
        end as auto_selected_until
    from numbered
    where auto_variant_trigger is not null
    group by workspace_id, campaign_id
),

positions as (
    select *
    from {{ ref("int_variant_lifetime") }}
    where {{ is_attributed() }}
)

select
    positions.workspace_id,
    positions.campaign_id,
    positions.step,
    positions.variant,
    coalesce(copies.copy_version, 1) as copy_version,
    coalesce(copies.is_current, false) as is_current,
    copies.is_disabled,
    automatic.auto_selected_from,
    automatic.auto_selected_until,
    campaigns.open_tracking,
    campaigns.link_tracking,
    coalesce(settings.is_tracking_switched, false) as is_tracking_switched,
    coalesce(settings.is_accounts_changed, false) as is_accounts_changed,
    {{ lifetime_counts("positions") }}
from positions
inner join {{ ref("int_campaigns") }} as campaigns
    on
        positions.workspace_id = campaigns.workspace_id
        and positions.campaign_id = campaigns.campaign_id
left join {{ ref("int_copy_versions") }} as copies
    on
        positions.workspace_id = copies.workspace_id
        and positions.campaign_id = copies.campaign_id
        and positions.step = copies.step
        and positions.variant = copies.variant
left join settings
    on
        positions.workspace_id = settings.workspace_id
        and positions.campaign_id = settings.campaign_id
left join automatic
    on
        positions.workspace_id = automatic.workspace_id
        and positions.campaign_id = automatic.campaign_id
