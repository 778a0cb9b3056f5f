with days (business_date, place) as (
    select business_date, row_number() over (order by business_date) from lake.trading_sessions
)

select business_date, place from days
