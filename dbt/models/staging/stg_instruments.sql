with current_rows as (
    {{ current_snapshot('instruments') }}
)

select
    instrument_id,
    ticker,
    name,
    instrument_type,
    currency,
    multiplier,
    exchange_mic,
    country,
    sector,
    issuer_id,
    isin,
    first_trade_date,
    last_trade_date,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
