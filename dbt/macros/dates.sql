{#- Date that lies a number of calendar days before another. -#}
{% macro date_days_before(date_expression, days) -%}
    cast({{ dbt.dateadd("day", "-" ~ days, date_expression) }} as date)
{%- endmacro %}

{#- Calendar days from the first to the last date, as a whole number. -#}
{% macro days_between(first_date, last_date) -%}
    cast({{ dbt.datediff(first_date, last_date, "day") }} as bigint)
{%- endmacro %}
