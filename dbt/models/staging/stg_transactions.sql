with current_rows as (
    {{ current_rows('transactions', date_column='trade_date') }}
)

select
    trade_date,
    transaction_id,
    portfolio_id,
    instrument_id,
    transaction_type,
    settle_date,
    quantity,
    price_local,
    fees_local,
    net_amount_local,
    currency,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
