with current_rows as (
    {{ current_rows('curve_quotes', date_column='business_date') }}
)

select
    business_date,
    curve_id,
    tenor,
    quote_type,
    rate,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
