with current_rows as (
    {{ current_snapshot('portfolios') }}
)

select
    portfolio_id,
    parent_portfolio_id,
    name,
    base_currency,
    benchmark_id,
    strategy,
    inception_date,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
