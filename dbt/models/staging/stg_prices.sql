with current_rows as (
    {{ current_rows('prices', date_column='business_date') }}
)

select
    business_date,
    instrument_id,
    price_type,
    open_local,
    high_local,
    low_local,
    close_local,
    volume,
    currency,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
