{#-
  Names of the API's codes. Enums there are open: a code nobody has named yet stays readable,
  because every named code stands beside its number.

  The codes are those of the entity schemas (`x-enum-meanings`), the names short enough for a
  column. `tests/dbt_project/test_staging.py` names the published code that has none here.
-#}

{% macro code_lists() -%}
    {% do return({
        "campaign_status": {
            0: "draft", 1: "active", 2: "paused", 3: "completed", 4: "running subsequences",
            -1: "accounts unhealthy", -2: "bounce protection", -99: "account suspended",
        },
        "account_status": {
            1: "active", 2: "paused", 3: "maintenance", -1: "connection error",
            -2: "soft bounce error", -3: "sending error",
        },
        "warmup_status": {
            0: "paused", 1: "active", -1: "banned", -2: "spam folder unknown",
            -3: "permanently suspended",
        },
        "provider": {
            1: "IMAP/SMTP", 2: "Google", 3: "Microsoft", 4: "AWS", 8: "AirMail",
            11: "AirMail Instant",
        },
        "tagged_resource": {1: "account", 2: "campaign"},
        "lead_status": {
            1: "active", 2: "paused", 3: "completed", -1: "bounced", -2: "unsubscribed",
            -3: "skipped",
        },
        "interest": {
            0: "out of office", 1: "interested", 2: "meeting booked", 3: "meeting completed",
            4: "won", -1: "not interested", -2: "wrong person", -3: "lost", -4: "no show",
        },
        "verification": {
            1: "verified", 11: "pending", 12: "job queued", -1: "invalid", -2: "risky",
            -3: "catch-all", -4: "job changed",
        },
        "enrichment": {1: "enriched", 11: "pending", -1: "no data", -2: "error"},
        "mailbox_provider": {
            0: "in queue", 1: "Google", 2: "Microsoft", 3: "Zoho", 8: "AirMail", 9: "Yahoo",
            10: "Yandex", 12: "Web.de", 13: "Libero", 999: "other", 1000: "not found",
        },
        "mail_gateway": {
            0: "in queue", 1: "Barracuda", 2: "Mimecast", 3: "Proofpoint", 4: "Cisco",
        },
        "email_type": {1: "campaign", 2: "received", 3: "manual", 4: "scheduled"},
        "placement_type": {1: "one-time", 2: "automated"},
        "placement_sending": {1: "from Instantly", 2: "from outside"},
        "placement_delivery": {1: "one by one", 2: "all together"},
        "placement_status": {1: "active", 2: "paused", 3: "completed"},
        "placement_side": {1: "sent", 2: "received"},
        "placement_region": {1: "United States", 2: "Italy", 3: "Germany", 4: "France"},
        "placement_recipient": {1: "professional", 2: "personal"},
        "webhook_status": {1: "active", -1: "disabled after errors"},
        "ordered_provider": {1: "Google", 2: "AirMail", 3: "Microsoft"},
        "activity": {
            1: "user login", 2: "lead deleted", 3: "campaign deleted", 4: "campaign launched",
            5: "campaign paused", 6: "account added", 7: "account deleted", 8: "lead moved",
            9: "lead added", 10: "leads merged", 11: "campaign updated", 12: "subsequence updated",
            18: "webhook created", 19: "webhook updated", 20: "webhook marked as error",
            21: "webhook resumed", 22: "TOTP enrolment started", 23: "TOTP enabled",
            24: "TOTP replacement started", 25: "TOTP replaced", 26: "TOTP disabled",
            27: "MFA recovery codes generated", 28: "MFA recovery code used",
            29: "MFA challenge failed", 30: "MFA challenge failed too often",
            31: "MFA login succeeded", 32: "subscriber import started",
            33: "subscriber import cancelled", 34: "leads exported",
            35: "SuperSearch enrichment created", 36: "account updated", 37: "API key created",
            38: "API key deleted",
        },
    }) %}
{%- endmacro %}

{#- The name of a code; `unknown` for one that the list lacks, null where there is no code. -#}
{% macro code_name(list, code) -%}
    case
        {%- for number, name in code_lists()[list].items() %}
        when {{ code }} = {{ number }} then '{{ name }}'
        {%- endfor %}
        when {{ code }} is not null then 'unknown'
    end
{%- endmacro %}

{#- Lifecycle of a campaign, `unknown` also for a campaign without one. -#}
{% macro campaign_status_name(status) -%}
    coalesce({{ code_name("campaign_status", status) }}, 'unknown')
{%- endmacro %}
