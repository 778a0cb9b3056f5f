{%- set tables = [
    'benchmark_weights', 'benchmarks', 'bond_terms', 'cash_flows', 'corporate_actions', 'currencies',
    'curve_quotes', 'external_flows', 'fx_forward_terms', 'fx_rates', 'instruments', 'limits', 'option_terms', 'portfolios',
    'positions', 'prices', 'risk_proxies', 'stress_shifts', 'transactions', 'vendor_risk_metrics',
] -%}

with counted as (
    {% for table_name in tables -%}
        select
            '{{ table_name }}' as table_name,
            delivery_id,
            count(*) as n_rows
        from {{ source('lake', table_name) }}
        group by delivery_id
        {%- if not loop.last %}

            union all

        {% endif -%}
    {% endfor %}
)

select
    deliveries.table_name,
    deliveries.delivery_id,
    deliveries.uri,
    deliveries.first_date,
    deliveries.last_date,
    deliveries.rows_accepted,
    cast(coalesce(counted.n_rows, 0) as bigint) as rows_in_lake
from {{ source('lake', 'deliveries') }} as deliveries
left join counted
    on
        deliveries.table_name = counted.table_name
        and deliveries.delivery_id = counted.delivery_id
where deliveries.table_name in ({{ dated_tables() }}, {{ delivered_snapshots() }})
