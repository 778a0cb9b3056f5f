{{ config(materialized='ephemeral') }}

with counted as (
    {% for table_name in ['prices', 'fx_rates', 'curve_quotes', 'positions'] -%}
        select
            '{{ table_name }}' as table_name,
            source,
            business_date,
            max(delivery_id) as delivery_id,
            count(*) as n_rows
        from {{ ref('stg_' ~ table_name) }}
        where
            business_date >= {{ date_days_before(first_session(), 45) }}
            and business_date <= {{ last_session() }}
        group by source, business_date
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

ranked as (
    select
        counted.*,
        row_number() over (
            partition by counted.table_name, counted.source
            order by counted.business_date
        ) as nth_date
    from counted
),

compared as (
    select
        today.table_name,
        today.source,
        today.business_date,
        today.delivery_id,
        today.n_rows,
        median(cast(before.n_rows as double precision)) as usual_rows,
        count(*) as n_dates
    from ranked as today
    inner join {{ ref('int_range_sessions') }} as sessions
        on
            today.business_date = sessions.business_date
            and sessions.is_in_range
    inner join ranked as before
        on
            today.table_name = before.table_name
            and today.source = before.source
            and today.nth_date - before.nth_date between 1 and 20
    group by today.table_name, today.source, today.business_date, today.delivery_id, today.n_rows
)

select
    business_date,
    'row_count' as check_name,
    'warning' as severity,
    cast(n_rows as double precision) as value,
    cast(usual_rows as double precision) as limit_value,
    source || ' delivered ' || cast(n_rows as varchar(20)) || ' rows of ' || table_name || ', where '
    || {{ shown_number('usual_rows', 0) }} || ' are usual: ask whether the file is whole' as message,
    delivery_id
from compared
where
    {#- Five dates make a habit. #}
    n_dates >= 5
    and (
        n_rows < {{ var('row_count_share') }} * usual_rows
        or {{ var('row_count_share') }} * n_rows > usual_rows
    )
