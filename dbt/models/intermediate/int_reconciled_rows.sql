{#-
    What holds is found here in another way than staging does it: from the dates that rows have, not from the
    calendar, so that a row that staging loses or doubles is a difference.
-#}
{%- set date_columns = {
    'cash_flows': 'business_date',
    'corporate_actions': 'ex_date',
    'curve_quotes': 'business_date',
    'external_flows': 'flow_date',
    'fx_rates': 'business_date',
    'positions': 'business_date',
    'prices': 'business_date',
    'transactions': 'trade_date',
    'vendor_risk_metrics': 'business_date',
} -%}
{%- set snapshots = [
    'benchmark_weights', 'benchmarks', 'bond_terms', 'currencies', 'fx_forward_terms', 'instruments', 'limits',
    'option_terms', 'portfolios', 'risk_proxies', 'stress_shifts',
] -%}

with deliveries as (
    select
        table_name,
        source,
        delivery_id,
        first_date,
        last_date,
        known_at
    from {{ source('lake', 'deliveries') }}
    where known_at <= {{ as_known_at() }}
),

dated as (
    {% for table_name, date_column in date_columns.items() -%}
        select
            '{{ table_name }}' as table_name,
            source,
            delivery_id,
            {{ date_column }},
            count(*) as n_rows
        from {{ source('lake', table_name) }}
        group by source, delivery_id, {{ date_column }}
        {%- if not loop.last %}

            union all

        {% endif -%}
    {% endfor %}
),

days as (
    select distinct
        table_name,
        source,
        business_date
    from dated
),

newest_of_day as (
    select
        days.table_name,
        days.business_date,
        deliveries.delivery_id,
        row_number() over (
            partition by days.table_name, days.source, days.business_date
            order by deliveries.known_at desc, deliveries.delivery_id desc
        ) as newest_first
    from days
    inner join deliveries
        on
            days.table_name = deliveries.table_name
            and days.source = deliveries.source
            and days.business_date between deliveries.first_date and deliveries.last_date
),

snapshots as (
    {% for table_name in snapshots -%}
        select
            '{{ table_name }}' as table_name,
            source,
            delivery_id,
            count(*) as n_rows
        from {{ source('lake', table_name) }}
        group by source, delivery_id
        {%- if not loop.last %}

            union all

        {% endif -%}
    {% endfor %}
),

newest_snapshots as (
    select
        table_name,
        delivery_id,
        row_number() over (
            partition by table_name, source
            order by last_date desc, known_at desc, delivery_id desc
        ) as newest_first
    from deliveries
),

counted as (
    select
        dated.table_name,
        dated.source,
        dated.business_date,
        dated.n_rows as rows_in_lake,
        0 as rows_in_staging
    from dated
    inner join newest_of_day
        on
            dated.table_name = newest_of_day.table_name
            and dated.delivery_id = newest_of_day.delivery_id
            and dated.business_date = newest_of_day.business_date
            and newest_of_day.newest_first = 1

    union all

    select
        snapshots.table_name,
        snapshots.source,
        cast(null as date) as business_date,
        snapshots.n_rows as rows_in_lake,
        0 as rows_in_staging
    from snapshots
    inner join newest_snapshots
        on
            snapshots.table_name = newest_snapshots.table_name
            and snapshots.delivery_id = newest_snapshots.delivery_id
            and newest_snapshots.newest_first = 1
    {% for table_name, date_column in date_columns.items() %}
        union all

        select
            '{{ table_name }}' as table_name,
            source,
            {{ date_column }},
            0 as rows_in_lake,
            count(*) as rows_in_staging
        from {{ ref('stg_' ~ table_name) }}
        group by source, {{ date_column }}
    {% endfor -%}
    {% for table_name in snapshots %}
        union all

        select
            '{{ table_name }}' as table_name,
            source,
            cast(null as date) as business_date,
            0 as rows_in_lake,
            count(*) as rows_in_staging
        from {{ ref('stg_' ~ table_name) }}
        group by source
    {% endfor %}
)

select
    table_name,
    source,
    business_date,
    cast(sum(rows_in_lake) as bigint) as rows_in_lake,
    cast(sum(rows_in_staging) as bigint) as rows_in_staging
from counted
group by table_name, source, business_date
