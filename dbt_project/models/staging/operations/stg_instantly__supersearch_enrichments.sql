select
    workspace_id,
    resource_id as list_id,
    {{ quoted("exists") }} as has_enrichment,
    in_progress as is_in_progress,
    has_no_leads as is_empty,
    auto_update as is_auto_update,
    is_evergreen,
    {{ json_whole("enrichment_payload") }} as enrichments,
    {{ json_whole("search_filters") }} as search_filters,
    {{ utc_timestamp("_dlt_valid_from") }} as valid_from_at,
    {{ utc_timestamp("_dlt_valid_to") }} as valid_to_at
from {{ source("instantly_raw", "supersearch_enrichments") }}
