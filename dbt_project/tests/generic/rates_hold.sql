{#-
  Every rate lies between 0 and 1 unless the row says otherwise, inside its interval, and is known
  exactly where its interval is. Rates above 1 come from the API (replies to mails of other days,
  reports that contradict each other), so they are flagged and do not fail a build. `measures` is
  one of the words of `rates_of`.
-#}
{% test rates_hold(model, measures) %}
{%- set rates = rates_of(measures) -%}
select *
from {{ model }}
where
    {%- for rate in rates %}
    {{ "or " if not loop.first -}}
    {{ rate }} < 0
    or ({{ rate }} > 1 and not has_rate_above_one)
    or ({{ rate }} <= 1 and ({{ rate }}_low is null or {{ rate }}_high is null))
    or ({{ rate }} > 1 and {{ rate }}_low is not null)
    or ({{ rate }} is null and ({{ rate }}_low is not null or {{ rate }}_high is not null))
    or {{ rate }}_low < 0
    or {{ rate }}_high > 1
    or {{ rate }}_low > {{ rate }}
    or {{ rate }}_high < {{ rate }}
    {%- endfor %}
{% endtest %}
