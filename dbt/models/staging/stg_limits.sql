with current_rows as (
    {{ current_snapshot('limits') }}
)

select
    limit_id,
    portfolio_id,
    metric,
    confidence,
    dimension,
    bucket,
    lower,
    upper,
    warning_rate,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
