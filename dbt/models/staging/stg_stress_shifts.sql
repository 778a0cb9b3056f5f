with current_rows as (
    {{ current_snapshot('stress_shifts') }}
)

select
    scenario_id,
    scenario_name,
    factor_type,
    factor_id,
    shift_type,
    shift,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
