with current_rows as (
    {{ current_snapshot('fx_forward_terms') }}
)

select
    instrument_id,
    bought_currency,
    bought_amount,
    bought_curve_id,
    sold_currency,
    sold_amount,
    sold_curve_id,
    settlement_date,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
