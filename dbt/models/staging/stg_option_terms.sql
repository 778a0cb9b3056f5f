with current_rows as (
    {{ current_snapshot('option_terms') }}
)

select
    instrument_id,
    underlying_instrument_id,
    option_type,
    exercise_style,
    strike_local,
    expiry_date,
    settlement_type,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
