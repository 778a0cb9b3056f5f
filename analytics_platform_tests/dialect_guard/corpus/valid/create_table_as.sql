create table marts.days
distkey (portfolio_id)
sortkey (business_date)
as (
    select business_date, portfolio_id from lake.positions
)
