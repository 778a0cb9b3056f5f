with legs as (
    select
        instrument_id,
        settlement_date,
        bought_currency as leg_currency,
        bought_curve_id as curve_id,
        cast(bought_amount as double precision) as amount
    from {{ ref('stg_fx_forward_terms') }}

    union all

    select
        instrument_id,
        settlement_date,
        sold_currency as leg_currency,
        sold_curve_id as curve_id,
        -cast(sold_amount as double precision) as amount
    from {{ ref('stg_fx_forward_terms') }}
),

dated as (
    select
        sessions.business_date,
        legs.*,
        cast({{ days_between('sessions.business_date', 'legs.settlement_date') }} as double precision)
        / cast(365 as double precision) as years
    from legs
    cross join {{ ref('int_range_sessions') }} as sessions
),

quoted as (
    select distinct
        quotes.business_date,
        quotes.curve_id,
        quotes.quote_date
    from {{ ref('int_curve_quotes_by_session') }} as quotes
    where
        quotes.curve_id in (select legs.curve_id from legs)
        and {{ is_near_session_range('quotes.business_date') }}
),

quotes_known as (
    select
        quotes.business_date as quote_date,
        quotes.curve_id,
        max(quotes.known_at) as quotes_known_at
    from {{ ref('stg_curve_quotes') }} as quotes
    where quotes.curve_id in (select legs.curve_id from legs)
    group by quotes.business_date, quotes.curve_id
),

paid as (
    select
        dated.business_date,
        dated.instrument_id,
        dated.amount * cast(rates.rate_to_usd as double precision)
        * exp(-(segments.from_log + segments.slope_rate * (dated.years - segments.from_years))) as dollars,
        case
            when dated.years < 0
                then dated.instrument_id || ' settled on ' || {{ shown_date('dated.settlement_date') }}
            when rates.rate_to_usd is null
                then {{ no_rate_reason('dated.leg_currency', "'USD'", 'dated.business_date') }}
            when segments.from_log is null
                then 'no curve ' || dated.curve_id || ' on ' || {{ shown_date('dated.business_date') }}
        end as reason
    from dated
    left join {{ ref('int_fx_rates_by_session') }} as rates
        on
            dated.business_date = rates.business_date
            and dated.leg_currency = rates.currency
    left join quoted
        on
            dated.business_date = quoted.business_date
            and dated.curve_id = quoted.curve_id
    left join quotes_known
        on
            quoted.curve_id = quotes_known.curve_id
            and quoted.quote_date = quotes_known.quote_date
    left join {{ ref('stg_curve_segments') }} as segments
        on
            quotes_known.curve_id = segments.curve_id
            and quotes_known.quote_date = segments.quote_date
            and quotes_known.quotes_known_at = segments.quotes_known_at
            and dated.years >= segments.from_years
            and (dated.years < segments.until_years or segments.until_years is null)
),

summed as (
    select
        business_date,
        instrument_id,
        sum(dollars) as dollars,
        min(reason) as reason
    from paid
    group by business_date, instrument_id
),

valued as (
    select
        summed.business_date,
        summed.instrument_id,
        instruments.instrument_type,
        instruments.currency,
        instruments.multiplier,
        summed.dollars / cast(rates.rate_to_usd as double precision) as worth,
        coalesce(
            summed.reason,
            case
                when rates.rate_to_usd is null
                    then {{ no_rate_reason('instruments.currency', "'USD'", 'summed.business_date') }}
            end
        ) as reason
    from summed
    inner join {{ ref('stg_instruments') }} as instruments
        on summed.instrument_id = instruments.instrument_id
    left join {{ ref('int_fx_rates_by_session') }} as rates
        on
            summed.business_date = rates.business_date
            and instruments.currency = rates.currency
    where instruments.instrument_type = 'fx_forward'
)

select
    business_date,
    instrument_id,
    instrument_type,
    currency,
    multiplier,
    case when reason is null then cast(round(worth, 8) as decimal(20, 8)) end as price_local,
    case when reason is null then {{ unit_value('worth * multiplier') }} end as unit_value_local,
    reason
from valued
