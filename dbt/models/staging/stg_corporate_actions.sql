with current_rows as (
    {{ current_rows('corporate_actions', date_column='ex_date') }}
)

select
    ex_date,
    instrument_id,
    action_type,
    ratio,
    amount_local,
    currency,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
