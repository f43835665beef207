{#- Names of the API's codes. Enums there are open: a code nobody has named yet stays readable. -#}

{#- Lifecycle of a campaign (schema Campaign, `status`). -#}
{% macro campaign_status_name(status) -%}
    case {{ status }}
        when 0 then 'draft'
        when 1 then 'active'
        when 2 then 'paused'
        when 3 then 'completed'
        when 4 then 'running subsequences'
        when -1 then 'accounts unhealthy'
        when -2 then 'bounce protection'
        when -99 then 'account suspended'
        else 'unknown'
    end
{%- endmacro %}
