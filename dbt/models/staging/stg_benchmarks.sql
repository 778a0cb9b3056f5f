with current_rows as (
    {{ current_snapshot('benchmarks') }}
)

select
    benchmark_id,
    name,
    currency,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
