select
    workspace_id,
    campaign_id,
    step,
    variant,
    copy_version,
    {{ step_number() }} as step_number,
    {{ variant_label() }} as variant_label,
    copy_hash,
    subject,
    body,
    valid_from_at,
    valid_to_at,
    is_current,
    is_disabled
from {{ ref("int_copy_versions") }}
