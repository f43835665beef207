select
    workspace_id,
    id as tag_mapping_id,
    tag_id,
    cast(resource_type as {{ dbt.type_bigint() }}) as resource_type,
    {{ code_name("tagged_resource", "resource_type") }} as resource_type_name,
    resource_id,
    case when resource_type = 1 then lower(resource_id) end as account_email,
    case when resource_type = 2 then resource_id end as campaign_id,
    {{ utc_timestamp("timestamp_created") }} as created_at,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "custom_tag_mappings") }}
