{#- One row per key, and no key column is null. Fails with one row per offending key. -#}
{% test valid_grain(model, key, optional=[]) %}
select
    {{ (key + optional) | join(",\n    ") }},
    count(*) as row_count
from {{ model }}
group by {{ (key + optional) | join(", ") }}
having
    count(*) > 1
    {%- for column in key %}
    or {{ column }} is null
    {%- endfor %}
{% endtest %}
