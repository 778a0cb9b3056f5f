with current_rows as (
    {{ current_snapshot('benchmark_weights') }}
)

select
    benchmark_id,
    effective_date,
    instrument_id,
    weight,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
