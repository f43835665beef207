{#- One quotient and its interval: the two expressions every rate is written with. -#}

{#- The only division: null when the denominator is null or zero. -#}
{% macro divide(numerator, denominator) -%}
    case
        when {{ denominator }} > 0
            then
                cast({{ numerator }} as {{ type_double() }})
                / cast({{ denominator }} as {{ type_double() }})
    end
{%- endmacro %}

{#-
  One bound of the Wilson score interval at 95 %, of k successes in n trials. Null where the rate is
  null, and where k exceeds n: late events or contradicting reports are no sample of n trials.
-#}
{% macro wilson_bound(k, n, bound) -%}
    {%- set z = 1.959963984540054 -%}
    {%- set exact_at = "0" if bound == "low" else n -%}
    {%- set exact_value = "0" if bound == "low" else "1" -%}
    case
        when {{ n }} is null or {{ k }} is null or {{ n }} <= 0 or {{ k }} < 0 or {{ k }} > {{ n }}
            then null
        when {{ k }} = {{ exact_at }} then cast({{ exact_value }} as {{ type_double() }})
        else
            (
                2 * cast({{ k }} as {{ type_double() }}) + {{ z * z }}
                {{ "-" if bound == "low" else "+" }} {{ z }} * sqrt(
                    {{ z * z }}
                    + 4 * cast({{ k }} as {{ type_double() }}) * ({{ n }} - {{ k }}) / {{ n }}
                )
            ) / (2 * (cast({{ n }} as {{ type_double() }}) + {{ z * z }}))
    end
{%- endmacro %}
