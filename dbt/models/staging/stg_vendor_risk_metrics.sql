with current_rows as (
    {{ current_rows('vendor_risk_metrics', date_column='business_date') }}
)

select
    business_date,
    portfolio_id,
    metric,
    confidence,
    horizon_days,
    value,
    currency,
    source,
    delivery_id,
    known_at,
    row_number
from current_rows
