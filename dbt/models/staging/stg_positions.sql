with current_rows as (
    {{ current_rows('positions', date_column='business_date') }}
)

select
    business_date,
    portfolio_id,
    instrument_id,
    book,
    quantity,
    cost_local,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
