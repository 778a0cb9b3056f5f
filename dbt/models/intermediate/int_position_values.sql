{{ config(materialized='ephemeral') }}

with positions as (
    select
        positions.business_date,
        positions.portfolio_id,
        positions.instrument_id,
        positions.quantity,
        positions.delivery_id,
        positions.row_number,
        sessions.is_in_range
    from {{ ref('stg_positions') }} as positions
    inner join {{ ref('int_range_sessions') }} as sessions
        on positions.business_date = sessions.business_date
    where
        positions.book = 'ibor'
        and {{ is_near_session_range('positions.business_date') }}
),

unit_values as (
    select *
    from {{ ref('int_unit_values') }}
    where {{ is_near_session_range('business_date') }}
),

joined as (
    select
        positions.business_date,
        positions.portfolio_id,
        positions.instrument_id,
        positions.quantity,
        positions.is_in_range,
        positions.delivery_id as position_delivery_id,
        positions.row_number as position_row_number,
        instruments.instrument_type,
        instruments.currency,
        instruments.multiplier,
        portfolios.base_currency,
        rates.fx_rate,
        rates.warning as rate_warning,
        unit_values.accrued_local,
        unit_values.contract_value_local,
        unit_values.delivery_id as price_delivery_id,
        unit_values.row_number as price_row_number,
        case
            when instruments.instrument_type = 'cash' then cast(1 as decimal(20, 8))
            else unit_values.price_local
        end as price_local,
        case
            when instruments.instrument_type = 'cash' then {{ unit_value('1') }}
            else unit_values.unit_value_local
        end as unit_value_local,
        case
            when instruments.instrument_id is null then 'unknown instrument ' || positions.instrument_id
            when instruments.instrument_type = 'cash' then null
            when unit_values.reason is not null then unit_values.reason
            when instruments.instrument_type = 'fx_forward' and unit_values.instrument_id is null
                then 'no FX forward terms of ' || positions.instrument_id
            when unit_values.price_local is null
                then {{ no_price_reason('positions.instrument_id', 'positions.business_date') }}
        end as value_reason,
        case
            when portfolios.portfolio_id is null then 'unknown portfolio ' || positions.portfolio_id
            when instruments.instrument_id is not null and rates.fx_rate is null
                then {{ no_rate_reason(
                    'instruments.currency', 'portfolios.base_currency', 'positions.business_date'
                ) }}
        end as rate_reason
    from positions
    left join {{ ref('stg_instruments') }} as instruments
        on positions.instrument_id = instruments.instrument_id
    left join {{ ref('stg_portfolios') }} as portfolios
        on positions.portfolio_id = portfolios.portfolio_id
    left join unit_values
        on
            positions.business_date = unit_values.business_date
            and positions.instrument_id = unit_values.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            positions.business_date = rates.business_date
            and instruments.currency = rates.currency
            and portfolios.base_currency = rates.base_currency
),

checked as (
    select
        joined.*,
        case
            when joined.value_reason is not null and joined.rate_reason is not null
                then joined.value_reason || '; ' || joined.rate_reason
            else coalesce(joined.value_reason, joined.rate_reason)
        end as reason
    from joined
)

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
    unit_value_local,
    contract_value_local,
    case when reason is null then {{ money('quantity * unit_value_local') }} end as market_value_local,
    case when reason is null then {{ money(money('quantity * unit_value_local') ~ ' * fx_rate') }} end
        as market_value_base,
    case
        when reason is not null then 'missing'
        when rate_warning is not null then 'warning'
        else 'ok'
    end as status,
    reason,
    case when reason is null then rate_warning end as warning,
    position_delivery_id,
    position_row_number,
    price_delivery_id,
    price_row_number,
    is_in_range
from checked
