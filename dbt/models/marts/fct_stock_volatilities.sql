with deviations as (
    select
        instrument_id,
        ticker,
        {{ rate('stddev_samp(cast(total_return_rate as double precision))') }} as daily_volatility_rate,
        {{ rate('stddev_samp(cast(raw_return_rate as double precision))') }} as raw_daily_volatility_rate,
        {{ rate('sqrt(252) * stddev_samp(cast(total_return_rate as double precision))') }}
            as annualised_volatility_rate,
        {{ rate('sqrt(252) * stddev_samp(cast(raw_return_rate as double precision))') }}
            as raw_annualised_volatility_rate,
        cast(count(*) as bigint) as n_returns
    from {{ ref('int_stock_days') }}
    where
        total_return_rate is not null
        and raw_return_rate is not null
    group by instrument_id, ticker
)

select
    instrument_id,
    ticker,
    daily_volatility_rate,
    annualised_volatility_rate,
    raw_daily_volatility_rate,
    raw_annualised_volatility_rate,
    n_returns,
    cast(
        row_number() over (order by daily_volatility_rate desc nulls last, instrument_id asc) as bigint
    ) as volatility_rank,
    cast(
        row_number() over (order by raw_daily_volatility_rate desc nulls last, instrument_id asc) as bigint
    ) as raw_volatility_rank
from deviations
