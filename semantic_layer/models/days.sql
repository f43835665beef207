{#- MetricFlow wants to know a calendar. No metric here counts empty days, so it is never read. -#}
select cast(range as date) as day
from range(date '2020-01-01', date '2040-01-01', interval 1 day)
