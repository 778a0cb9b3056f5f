{#- No date that a delivery declares is cut off: a calendar that ends early would lose its rows. -#}
{% test reaches_the_last_delivered_date(model) %}
with calendar_days as (
    select max(business_date) as last_business_date
    from {{ model }}
)

select
    deliveries.table_name,
    deliveries.delivery_id,
    deliveries.first_date,
    deliveries.last_date,
    calendar_days.last_business_date
from {{ source('lake', 'deliveries') }} as deliveries
cross join calendar_days
where
    deliveries.table_name in ({{ dated_tables() }})
    and (
        calendar_days.last_business_date is null
        or deliveries.last_date > calendar_days.last_business_date
    )
{% endtest %}
