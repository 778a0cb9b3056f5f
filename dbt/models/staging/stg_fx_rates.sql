with current_rows as (
    {{ current_rows('fx_rates', date_column='business_date') }}
)

select
    business_date,
    base_currency,
    quote_currency,
    rate,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
