with current_rows as (
    {{ current_snapshot('bond_terms') }}
)

select
    instrument_id,
    coupon_rate,
    coupon_frequency,
    day_count,
    dated_date,
    first_coupon_date,
    maturity_date,
    redemption_per_100,
    settlement_days,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
