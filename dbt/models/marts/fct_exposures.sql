{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with exposures as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        instrument_type,
        currency,
        market_value_local as exposure_local,
        case when status = 'missing' then reason end as reason
    from {{ ref('fct_position_values') }}
    where {{ is_in_session_range('business_date') }}
),

{{ exposures_by_dimension('exposures') }}
