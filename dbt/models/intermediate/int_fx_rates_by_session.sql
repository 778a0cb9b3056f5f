{%- set pivot = var('fx_pivot_currency') -%}
with fixings as (
    select
        business_date as fixing_date,
        quote_currency as currency,
        {{ rate('rate') }} as units_per_pivot
    from {{ ref('stg_fx_rates') }}
    where base_currency = '{{ pivot }}'
),

dollars as (
    select
        fixing_date,
        units_per_pivot
    from fixings
    where currency = 'USD'
),

rates as (
    select
        fixings.fixing_date,
        fixings.currency,
        {{ rate(safe_divide('dollars.units_per_pivot', 'fixings.units_per_pivot')) }} as rate_to_usd
    from fixings
    inner join dollars
        on fixings.fixing_date = dollars.fixing_date
    where fixings.currency <> 'USD'

    union all

    select
        fixing_date,
        '{{ pivot }}' as currency,
        units_per_pivot as rate_to_usd
    from dollars
),

ranked as (
    select
        quote_ages.business_date,
        rates.currency,
        rates.rate_to_usd,
        rates.fixing_date,
        row_number() over (
            partition by quote_ages.business_date, rates.currency
            order by rates.fixing_date desc
        ) as newest_first
    from {{ ref('int_quote_ages') }} as quote_ages
    inner join rates
        on quote_ages.quote_date = rates.fixing_date
)

select
    business_date,
    currency,
    rate_to_usd,
    fixing_date
from ranked
where newest_first = 1

union all

select
    business_date,
    'USD' as currency,
    {{ rate('1') }} as rate_to_usd,
    business_date as fixing_date
from {{ ref('int_quote_ages') }}
where quote_age_days = 0
