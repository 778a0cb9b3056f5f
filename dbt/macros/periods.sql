{#- Running figures of a portfolio within a calendar period, in the order of the sessions. -#}

{% macro _since(period) -%}
    over (
        partition by logs.portfolio_id, {{ dbt.date_trunc(period, 'logs.business_date') }}
        order by logs.business_date
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{% macro sum_since(period, expression) -%}
    sum({{ expression }}) {{ _since(period) }}
{%- endmacro %}

{% macro count_since(period, expression) -%}
    count({{ expression }}) {{ _since(period) }}
{%- endmacro %}

{#- True when the base currency of the portfolio changed in the period: a return has no chain. -#}
{% macro has_new_currency_since(period) -%}
    min(logs.base_currency) {{ _since(period) }} <> max(logs.base_currency) {{ _since(period) }}
{%- endmacro %}

{#- The value of one risk metric among the rows of a group. -#}
{% macro metric_value(metric, confidence) -%}
    max(case when metric = '{{ metric }}' and abs(confidence - {{ confidence }}) < 0.000001 then value end)
{%- endmacro %}
