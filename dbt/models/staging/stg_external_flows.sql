with current_rows as (
    {{ current_rows('external_flows', date_column='flow_date') }}
)

select
    flow_date,
    flow_id,
    portfolio_id,
    amount_local,
    currency,
    timing,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
