select
    workspace_id,
    campaign_id,
    campaign_name,
    is_deleted,
    sent,
    contacted,
    new_leads_contacted,
    bounced,
    replies,
    unique_replies,
    unique_replies_automatic,
    reply_rate,
    lead_reply_rate,
    {{ divide("replies", "sent") }} as console_reply_rate,
    {{ divide("(unique_replies - unique_replies_automatic)", "new_leads_contacted") }}
        as skill_reply_rate,
    {{ divide("unique_replies", "(sent - bounced)") }} as blog_reply_rate
from {{ ref("campaign_performance") }}
