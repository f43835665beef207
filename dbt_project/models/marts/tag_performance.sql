with listed as (
    {{ last_version(ref("stg_instantly__custom_tags"), ["workspace_id", "tag_id"]) }}
),

tags as (
    select
        workspace_id,
        tag_id,
        tag_label as {{ quoted("tag") }}
    from listed
    where valid_to_at is null
    union distinct
    select
        workspace_id,
        tag_id,
        {{ quoted("tag") }}
    from {{ ref("campaign_tags") }}
    union distinct
    select
        workspace_id,
        tag_id,
        {{ quoted("tag") }}
    from {{ ref("account_tags") }}
),

accounts as (
    select
        workspace_id,
        tag_id,
        count(*) as accounts
    from {{ ref("account_tags") }}
    group by workspace_id, tag_id
),

tagged as (
    select
        campaign_tags.tag_id,
        campaigns.*
    from {{ ref("campaign_tags") }} as campaign_tags
    inner join {{ ref("campaign_performance") }} as campaigns
        on
            campaign_tags.workspace_id = campaigns.workspace_id
            and campaign_tags.campaign_id = campaigns.campaign_id
),

summed as (
    select
        tags.workspace_id,
        tags.tag_id,
        tags.{{ quoted("tag") }},
        coalesce(accounts.accounts, 0) as accounts,
        count(tagged.campaign_id) as campaigns,
        {{ known_sums(
            performance_counts() + tracked_count_names(), "tagged.campaign_id", "tagged",
        ) }}
    from tags
    left join accounts
        on tags.workspace_id = accounts.workspace_id and tags.tag_id = accounts.tag_id
    left join tagged
        on tags.workspace_id = tagged.workspace_id and tags.tag_id = tagged.tag_id
    group by tags.workspace_id, tags.tag_id, tags.{{ quoted("tag") }}, accounts.accounts
)

select
    workspace_id,
    tag_id,
    {{ quoted("tag") }},
    campaigns,
    accounts,
    {{ performance_measures() }}
from summed
