{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}
{%- set columns = [
    'business_date', 'check_name', 'severity', 'portfolio_id', 'instrument_id', 'value', 'limit_value',
    'message', 'delivery_id', 'row_number',
] -%}
{%- set absent = {
    'int_price_findings': ['portfolio_id'],
    'int_position_findings': [],
    'int_rate_findings': ['portfolio_id', 'instrument_id'],
    'int_limit_findings': ['instrument_id', 'value', 'limit_value'],
    'int_row_count_findings': ['portfolio_id', 'instrument_id', 'row_number'],
} %}

with findings as (
    {% for model, nulls in absent.items() -%}
        select
            {% for column in columns -%}
                {% if column in nulls %}null as {% endif %}{{ column }}{{ "," if not loop.last }}
        {% endfor %}
        from {{ ref(model) }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
)

select
    cast(business_date as date) as business_date,
    cast(check_name as varchar(32)) as check_name,
    cast(severity as varchar(32)) as severity,
    cast(portfolio_id as varchar(64)) as portfolio_id,
    cast(instrument_id as varchar(64)) as instrument_id,
    {{ money('value') }} as value,
    {{ money('limit_value') }} as limit_value,
    cast(message as varchar(1024)) as message,
    cast(delivery_id as varchar(64)) as delivery_id,
    cast(row_number as bigint) as row_number
from findings
