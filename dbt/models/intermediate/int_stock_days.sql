{#- The stock metrics count the stocks of the price history, whoever holds them. -#}
with stocks as (
    select
        instrument_id,
        coalesce(ticker, instrument_id) as ticker,
        currency
    from {{ ref('stg_instruments') }}
    where instrument_type = 'equity'
),

closes as (
    select
        prices.business_date,
        prices.instrument_id,
        stocks.ticker,
        stocks.currency,
        prices.close_local,
        prices.volume
    from {{ ref('stg_prices') }} as prices
    inner join stocks
        on prices.instrument_id = stocks.instrument_id
    where prices.price_type = 'close'
)

select
    closes.business_date,
    closes.instrument_id,
    closes.ticker,
    closes.close_local,
    closes.volume,
    {{ money(money('closes.close_local * closes.volume') ~ ' * rates.rate_to_usd') }} as value_traded_usd,
    returns.total_return_rate,
    case
        when returns.previous_close_local > 0
            then {{ rate(safe_divide('returns.close_local', 'returns.previous_close_local') ~ ' - 1') }}
    end as raw_return_rate
from closes
left join {{ ref('int_fx_rates_by_session') }} as rates
    on
        closes.business_date = rates.business_date
        and closes.currency = rates.currency
left join {{ ref('int_total_returns') }} as returns
    on
        closes.business_date = returns.business_date
        and closes.instrument_id = returns.instrument_id
