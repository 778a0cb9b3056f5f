with current_rows as (
    {{ current_snapshot('currencies') }}
)

select
    currency,
    name,
    minor_units,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
