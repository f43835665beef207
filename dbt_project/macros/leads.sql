{#-
  The way of a lead through a campaign, told from the leads themselves.

  A lead says where it stands now, not where it has been: its interest is the last one set. A stage
  is therefore "got this far or further" in the order of the API's own codes: interested, meeting
  booked, meeting completed, won. Somebody who did not show up, or was lost, is in none of them.
-#}

{#- Codes of a positive interest; labels of a workspace say their tone themselves. -#}
{% macro is_interested(interest_status, tone) -%}
    coalesce({{ interest_status }} in (1, 2, 3, 4) or {{ tone }} = 'positive', false)
{%- endmacro %}

{#- Stage -> which leads are counted in it. -#}
{% macro funnel_stages() -%}
    {% do return({
        "leads": "lead_id is not null",
        "leads_deleted": "is_deleted",
        "leads_contacted": "last_contact_at is not null",
        "leads_opened": "opened > 0",
        "leads_clicked": "clicks > 0",
        "leads_replied": "replies > 0",
        "leads_interested": "is_interested",
        "leads_meeting_booked": "interest_status in (2, 3, 4)",
        "leads_won": "interest_status = 4",
        "leads_bounced": "status = -1",
        "leads_unsubscribed": "status = -2",
        "leads_completed": "status = 3",
    }) %}
{%- endmacro %}

{#- The stages, counted over leads. -#}
{% macro counted_stages() -%}
    {%- for stage, condition in funnel_stages().items() %}
    count(case when {{ condition }} then 1 end) as {{ stage }}{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}

{#-
  The rates of the funnel: name -> (numerator, denominator). None of them is a rate of the metric
  contract, so none has such a name: these count leads by leads, from another source.
-#}
{% macro funnel_rates() -%}
    {% do return({
        "lead_contact_rate": ("leads_contacted", "leads"),
        "lead_open_rate": ("leads_opened_tracked", "leads_contacted_open_tracked"),
        "lead_click_rate": ("leads_clicked_tracked", "leads_contacted_click_tracked"),
        "lead_any_reply_rate": ("leads_replied", "leads_contacted"),
        "lead_interest_rate": ("leads_interested", "leads_contacted"),
        "lead_meeting_rate": ("leads_meeting_booked", "leads_contacted"),
        "lead_win_rate": ("leads_won", "leads_contacted"),
        "lead_bounce_rate": ("leads_bounced", "leads_contacted"),
        "lead_unsubscribe_rate": ("leads_unsubscribed", "leads_contacted"),
        "lead_completion_rate": ("leads_completed", "leads"),
    }) %}
{%- endmacro %}

{#- Counts of the funnel that only tracked campaigns contribute to. -#}
{% macro tracked_lead_names() -%}
    {% do return([
        "leads_contacted_open_tracked", "leads_opened_tracked",
        "leads_contacted_click_tracked", "leads_clicked_tracked",
    ]) %}
{%- endmacro %}

{#- Those counts of one campaign: everything, or nothing when tracking is off. -#}
{% macro tracked_leads() -%}
    {%- for flag, stage, suffix in [
        ("open_tracking", "leads_opened", "open"), ("link_tracking", "leads_clicked", "click"),
    ] %}
    case when {{ flag }} = false then 0 else leads_contacted end
        as leads_contacted_{{ suffix }}_tracked,
    case when {{ flag }} = false then 0 else {{ stage }} end
        as {{ stage }}_tracked{{ "," if not loop.last }}
    {%- endfor %}
{%- endmacro %}
