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

{#- First day of the calendar period of a date; the date itself for day, one and the same for inception. -#}
{% macro period_start(period, date_column) -%}
    {%- if period == 'day' -%}
        {{ date_column }}
    {%- elif period == 'inception' -%}
        cast('1900-01-01' as date)
    {%- else -%}
        cast({{ dbt.date_trunc(period, date_column) }} as date)
    {%- endif -%}
{%- endmacro %}

{#- Window of the rows of a period up to their own, for rows that have period and period_start. -#}
{% macro to_date_by(columns) -%}
    over (
        partition by {{ columns | join(', ') }}, period, period_start
        order by business_date
        rows between unbounded preceding and current row
    )
{%- endmacro %}

{#- ln(1 + x) / x for a double above -1; near 0, where the quotient loses digits, by its series. -#}
{% macro log_slope(x) -%}
    case
        when abs({{ x }}) < 0.0001
            then 1 - ({{ x }}) / 2 + ({{ x }}) * ({{ x }}) / 3 - ({{ x }}) * ({{ x }}) * ({{ x }}) / 4
        else ln(1 + {{ x }}) / ({{ x }})
    end
{%- endmacro %}

{#- Carino's factor of a return against that of the benchmark: (ln(1 + r) - ln(1 + b)) / (r - b). -#}
{% macro carino_factor(return_rate, benchmark_return_rate) -%}
    {%- set own = "cast(" ~ return_rate ~ " as double precision)" -%}
    {%- set other = "cast(" ~ benchmark_return_rate ~ " as double precision)" -%}
    ({{ log_slope("((" ~ own ~ " - " ~ other ~ ") / (1 + " ~ other ~ "))") }}) / (1 + {{ other }})
{%- endmacro %}

{#- Why a chain of returns breaks at a session. The least of several names the first session. -#}
{% macro broken_chain_reason(what, business_date, cause) -%}
    'no {{ what }} on ' || cast({{ business_date }} as varchar(10)) || ': ' || {{ cause }}
{%- endmacro %}
