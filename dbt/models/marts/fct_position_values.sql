{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

select
    business_date,
    portfolio_id,
    instrument_id,
    instrument_type,
    currency,
    base_currency,
    quantity,
    price_local,
    accrued_local,
    multiplier,
    fx_rate,
    market_value_local,
    market_value_base,
    status,
    coalesce(reason, warning) as reason,
    position_delivery_id,
    position_row_number,
    price_delivery_id,
    price_row_number
from {{ ref('int_position_values') }}
where is_in_range
