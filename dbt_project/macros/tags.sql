{#-
  Tags that something carries now, by its column in the tag mappings.

  What is deleted keeps the tags it had until then: its mappings vanish with it, its numbers stay,
  and a filter by tag must still find them. A tag that is itself deleted is on nothing any more.
-#}
{% macro tags_carried(owner, owners) -%}
    with tags as (
        {{ last_version(ref("stg_instantly__custom_tags"), ["workspace_id", "tag_id"]) }}
    )

    select distinct
        mappings.workspace_id,
        mappings.{{ owner }},
        mappings.tag_id,
        tags.tag_label as {{ quoted("tag") }}
    from {{ ref("stg_instantly__custom_tag_mappings") }} as mappings
    left join tags
        on mappings.workspace_id = tags.workspace_id and mappings.tag_id = tags.tag_id
    left join {{ owners }} as owners
        on
            mappings.workspace_id = owners.workspace_id
            and mappings.{{ owner }} = owners.{{ owner }}
    where
        mappings.{{ owner }} is not null
        and tags.valid_to_at is null
        and (mappings.valid_to_at is null or mappings.valid_to_at >= owners.deleted_at)
{%- endmacro %}
