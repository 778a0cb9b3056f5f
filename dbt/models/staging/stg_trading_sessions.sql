with current_rows as (
    {{ current_snapshot('trading_sessions') }}
)

select
    calendar,
    business_date,
    previous_business_date,
    session_number,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
