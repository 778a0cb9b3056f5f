{{ config(materialized='ephemeral') }}
{%- set pivot = var('fx_pivot_currency') %}

{#- A fixing or quote of a day without a session counts on the next session. -#}
with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

fixings as (
    select
        sessions.business_date,
        rates.business_date as fixing_date,
        rates.base_currency,
        rates.quote_currency,
        rates.rate,
        rates.source,
        rates.delivery_id,
        rates.row_number
    from sessions
    inner join {{ ref('stg_fx_rates') }} as rates
        on
            sessions.previous_business_date < rates.business_date
            and sessions.business_date >= rates.business_date
),

pivots as (
    select
        business_date,
        fixing_date,
        quote_currency as currency,
        cast(rate as double precision) as units_per_pivot
    from fixings
    where base_currency = '{{ pivot }}'

    union

    select distinct
        business_date,
        fixing_date,
        '{{ pivot }}' as currency,
        cast(1 as double precision) as units_per_pivot
    from fixings
),

triangles as (
    select
        fixings.*,
        round(10000 * abs(
            cast(fixings.rate as double precision) * bases.units_per_pivot / quotes.units_per_pivot - 1
        ), 8) as gap_bp
    from fixings
    inner join pivots as bases
        on
            fixings.business_date = bases.business_date
            and fixings.fixing_date = bases.fixing_date
            and fixings.base_currency = bases.currency
    inner join pivots as quotes
        on
            fixings.business_date = quotes.business_date
            and fixings.fixing_date = quotes.fixing_date
            and fixings.quote_currency = quotes.currency
    where fixings.base_currency <> '{{ pivot }}'
),

quotes as (
    select
        quotes.*,
        lag(quotes.rate) over (
            partition by quotes.curve_id, quotes.tenor, quotes.quote_type order by quotes.business_date
        ) as previous_rate,
        lag(quotes.business_date) over (
            partition by quotes.curve_id, quotes.tenor, quotes.quote_type order by quotes.business_date
        ) as previous_date
    from {{ ref('stg_curve_quotes') }} as quotes
    where
        quotes.business_date >= {{ date_days_before(first_session(), 21) }}
        and quotes.business_date <= {{ last_session() }}
)

select
    business_date,
    'fx_triangle' as check_name,
    'warning' as severity,
    gap_bp as value,
    cast({{ var('fx_triangle_bp') }} as double precision) as limit_value,
    'the rate of ' || base_currency || ' in ' || quote_currency || ' of ' || {{ shown_date('fixing_date') }}
    || ' is ' || {{ shown_number('gap_bp', 1) }} || ' bp off what both are against {{ pivot }}: ask '
    || source as message,
    delivery_id,
    row_number
from triangles
where gap_bp > {{ var('fx_triangle_bp') }}

union all

select
    sessions.business_date,
    'curve_jump' as check_name,
    'warning' as severity,
    round(10000 * cast(quotes.rate - quotes.previous_rate as double precision), 8) as value,
    cast({{ var('curve_jump_bp') }} as double precision) as limit_value,
    quotes.curve_id || ' ' || quotes.tenor || ' went from '
    || {{ shown_percentage('quotes.previous_rate') }} || ' on ' || {{ shown_date('quotes.previous_date') }}
    || ' to ' || {{ shown_percentage('quotes.rate') }}
    || ' on ' || {{ shown_date('quotes.business_date') }} || ': compare with another source' as message,
    quotes.delivery_id,
    quotes.row_number
from quotes
inner join sessions
    on
        quotes.business_date > sessions.previous_business_date
        and quotes.business_date <= sessions.business_date
where abs(quotes.rate - quotes.previous_rate) * 10000 > {{ var('curve_jump_bp') }}
