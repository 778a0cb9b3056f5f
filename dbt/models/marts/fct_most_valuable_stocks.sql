with stocks as (
    select
        instrument_id,
        ticker,
        {{ safe_divide('sum(value_traded_usd)', 'count(value_traded_usd)') }} as mean_value_traded_usd,
        cast(count(value_traded_usd) as bigint) as n_sessions
    from {{ ref('int_stock_days') }}
    where value_traded_usd is not null
    group by instrument_id, ticker
)

select
    instrument_id,
    ticker,
    {{ money_of_doubles('mean_value_traded_usd') }} as mean_value_traded_usd,
    {{ money_of_doubles('mean_value_traded_usd') }} as raw_mean_value_traded_usd,
    n_sessions,
    cast(row_number() over (order by mean_value_traded_usd desc, instrument_id asc) as bigint) as value_rank
from stocks
