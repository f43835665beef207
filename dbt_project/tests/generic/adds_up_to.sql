{#-
  The counts of this model, summed by key, equal those of the coarser model: no row is lost or
  doubled on the way up. An unknown part makes an unknown sum. Only for identities that our own
  models guarantee; what the API contradicts itself about is listed in `reconciliation`. `measures`
  is `performance` or `engagement`, `also` names further columns.
-#}
{% test adds_up_to(model, to, key, measures, also=[]) %}
{%- set counts = performance_counts() if measures == "performance" else engagement_counts() -%}
{%- set counts = counts + tracked_count_names() + also -%}
with summed as (
    select
        {{ key | join(",\n        ") }},
        {%- for count in counts %}
        {{ sum_known(count, key[0]) }} as {{ count }}{{ "," if not loop.last }}
        {%- endfor %}
    from {{ model }}
    group by {{ key | join(", ") }}
)

select
    {%- for column in key %}
    coarser.{{ column }},
    {%- endfor %}
    {%- for count in counts %}
    summed.{{ count }} as {{ count }}_below,
    coarser.{{ count }} as {{ count }}_above{{ "," if not loop.last }}
    {%- endfor %}
from {{ to }} as coarser
left join summed
    on
        {%- for column in key %}
        {{ "and " if not loop.first }}coarser.{{ column }} = summed.{{ column }}
        {%- endfor %}
where
    {%- for count in counts %}
    {{ "or " if not loop.first -}}
    case
        when summed.{{ key[0] }} is null then coarser.{{ count }} <> 0
        when summed.{{ count }} is null or coarser.{{ count }} is null
            then summed.{{ count }} is not null or coarser.{{ count }} is not null
        else summed.{{ count }} <> coarser.{{ count }}
    end
    {%- endfor %}
{% endtest %}
