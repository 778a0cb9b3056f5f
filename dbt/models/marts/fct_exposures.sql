{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with exposures as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        instrument_type,
        currency,
        {#- A future is worth nothing after the variation margin, but it moves like its price. #}
        case
            when instrument_type = 'future' then {{ money('quantity * multiplier * price_local') }}
            else market_value_local
        end as exposure_local,
        market_value_local,
        case when status = 'missing' then reason end as reason
    from {{ ref('fct_position_values') }}
    where {{ is_in_session_range('business_date') }}
),

{{ exposures_by_dimension('exposures', weighed='market_value_local') }}
