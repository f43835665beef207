{#- Every row finds its parent by the whole key (dbt's own test compares a single column). -#}
{% test has_parent(model, to, key) %}
select child.*
from {{ model }} as child
left join {{ to }} as parent
    on
        {%- for column in key %}
        {{ "and " if not loop.first }}child.{{ column }} = parent.{{ column }}
        {%- endfor %}
where parent.{{ key[0] }} is null
{% endtest %}
