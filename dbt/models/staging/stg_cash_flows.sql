with current_rows as (
    {{ current_rows('cash_flows', date_column='business_date') }}
)

select
    business_date,
    instrument_id,
    pay_date,
    flow_type,
    amount_per_unit_local,
    currency,
    flow_status,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
