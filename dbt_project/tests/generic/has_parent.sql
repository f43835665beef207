{#- Every row finds its parent by the whole key (dbt's own test compares a single column). -#}
{% test has_parent(model, to, key) %}
with children as (
    select * from {{ model }}
)

select children.*
from children
left join {{ to }} as parent
    on
        {%- for column in key %}
        {{ "and " if not loop.first }}children.{{ column }} = parent.{{ column }}
        {%- endfor %}
where parent.{{ key[0] }} is null
{% endtest %}
