with deliveries as (
    select
        table_name,
        source,
        delivery_id,
        first_date,
        last_date,
        known_at
    from {{ source('lake', 'deliveries') }}
    where
        table_name in ({{ dated_tables() }})
        and known_at <= {{ as_known_at() }}
),

ranked as (
    select
        deliveries.table_name,
        deliveries.source,
        calendar_days.business_date,
        deliveries.delivery_id,
        row_number() over (
            partition by deliveries.table_name, deliveries.source, calendar_days.business_date
            order by deliveries.known_at desc, deliveries.delivery_id desc
        ) as newest_first
    from deliveries
    inner join {{ ref('int_calendar_days') }} as calendar_days
        on calendar_days.business_date between deliveries.first_date and deliveries.last_date
)

select
    table_name,
    source,
    business_date,
    delivery_id
from ranked
where newest_first = 1
