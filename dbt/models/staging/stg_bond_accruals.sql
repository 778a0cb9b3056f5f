with current_rows as (
    {{ current_snapshot('bond_accruals') }}
)

select
    instrument_id,
    accrual_start,
    accrual_end,
    pay_date,
    coupon_per_100,
    redemption_per_100,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
