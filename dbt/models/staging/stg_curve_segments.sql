with current_rows as (
    {{ current_snapshot('curve_segments') }}
)

select
    curve_id,
    quote_date,
    quotes_known_at,
    from_years,
    until_years,
    from_log,
    slope_rate,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
