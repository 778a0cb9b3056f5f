with current_rows as (
    {{ current_snapshot('risk_proxies') }}
)

select
    instrument_id,
    proxy_instrument_id,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
