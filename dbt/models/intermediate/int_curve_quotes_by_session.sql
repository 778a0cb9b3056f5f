with curve_dates as (
    select distinct
        curve_id,
        business_date as quote_date
    from {{ ref('stg_curve_quotes') }}
),

newest as (
    select
        quote_ages.business_date,
        curve_dates.curve_id,
        max(curve_dates.quote_date) as quote_date
    from {{ ref('int_quote_ages') }} as quote_ages
    inner join curve_dates
        on quote_ages.quote_date = curve_dates.quote_date
    group by quote_ages.business_date, curve_dates.curve_id
)

select
    newest.business_date,
    newest.curve_id,
    quotes.tenor,
    quotes.rate,
    newest.quote_date
from newest
inner join {{ ref('stg_curve_quotes') }} as quotes
    on
        newest.curve_id = quotes.curve_id
        and newest.quote_date = quotes.business_date
