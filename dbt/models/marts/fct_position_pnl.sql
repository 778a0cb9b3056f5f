{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select
        business_date,
        previous_business_date
    from {{ ref('int_range_sessions') }}
    where is_in_range
),

position_values as (
    select * from {{ ref('int_position_values') }}
),

flows as (
    select * from {{ ref('int_position_flows') }}
),

delivered as (
    select distinct
        business_date,
        portfolio_id
    from position_values
),

keys as (
    select
        sessions.business_date,
        sessions.previous_business_date,
        position_values.portfolio_id,
        position_values.instrument_id
    from sessions
    inner join position_values
        on sessions.business_date = position_values.business_date

    union

    select
        sessions.business_date,
        sessions.previous_business_date,
        position_values.portfolio_id,
        position_values.instrument_id
    from sessions
    inner join position_values
        on sessions.previous_business_date = position_values.business_date

    union

    select
        sessions.business_date,
        sessions.previous_business_date,
        flows.portfolio_id,
        flows.instrument_id
    from sessions
    inner join flows
        on sessions.business_date = flows.business_date
),

joined as (
    select
        keys.business_date,
        keys.portfolio_id,
        keys.instrument_id,
        portfolios.base_currency,
        case when previous.instrument_id is null then 0 else previous.market_value_base end
            as previous_market_value_base,
        case when today.instrument_id is null then 0 else today.market_value_base end as market_value_base,
        case when flows.instrument_id is null then 0 else flows.trades_base end as trades_base,
        case when flows.instrument_id is null then 0 else flows.income_base end as income_base,
        coalesce(previous.quantity, 0) as previous_quantity,
        coalesce(previous.market_value_local, 0) as previous_market_value_local,
        coalesce(previous.fx_rate, rates.fx_rate) as previous_fx_rate,
        coalesce(rates.fx_rate, previous.fx_rate) as fx_rate,
        {#- A future is worth nothing, its margin is what its contract gained. #}
        coalesce(previous.contract_value_local, previous.unit_value_local, 0) as previous_unit_value_local,
        coalesce(
            {{ money('previous.quantity * previous.contract_value_local') }}, previous.market_value_local, 0
        ) as previous_moving_value_local,
        {#- What was redeemed or expired is worth what was paid for it on its last day. #}
        case
            when today.instrument_id is null and unit_values.unit_value_local is null
                then {{ money('flows.ended_amount_local * ' ~ safe_divide(
                    'previous.quantity * coalesce(actions.split_ratio, 1)', 'flows.ended_quantity'
                )) }}
        end as ended_value_local,
        {#- A position that was sold out on a day without a price has no price effect: all is trading. #}
        coalesce(
            coalesce(today.contract_value_local, today.unit_value_local) * coalesce(actions.split_ratio, 1),
            coalesce(unit_values.contract_value_local, unit_values.unit_value_local)
            * coalesce(actions.split_ratio, 1),
            previous.contract_value_local,
            previous.unit_value_local,
            0
        ) as unit_value_per_old_unit_local,
        case
            when keys.business_date <= spans.first_date
                then 'first session of ' || keys.portfolio_id
            when delivered_before.portfolio_id is null
                then {{ no_positions_reason('keys.portfolio_id', 'keys.previous_business_date') }}
            when delivered_today.portfolio_id is null
                then {{ no_positions_reason('keys.portfolio_id', 'keys.business_date') }}
            else coalesce(today.reason, previous.reason, flows.reason)
        end as reason,
        coalesce(rates.warning, previous.warning) as warning
    from keys
    left join position_values as today
        on
            keys.business_date = today.business_date
            and keys.portfolio_id = today.portfolio_id
            and keys.instrument_id = today.instrument_id
    left join position_values as previous
        on
            keys.previous_business_date = previous.business_date
            and keys.portfolio_id = previous.portfolio_id
            and keys.instrument_id = previous.instrument_id
    left join flows
        on
            keys.business_date = flows.business_date
            and keys.portfolio_id = flows.portfolio_id
            and keys.instrument_id = flows.instrument_id
    left join delivered as delivered_today
        on
            keys.business_date = delivered_today.business_date
            and keys.portfolio_id = delivered_today.portfolio_id
    left join delivered as delivered_before
        on
            keys.previous_business_date = delivered_before.business_date
            and keys.portfolio_id = delivered_before.portfolio_id
    left join {{ ref('int_portfolio_spans') }} as spans
        on keys.portfolio_id = spans.portfolio_id
    left join {{ ref('stg_portfolios') }} as portfolios
        on keys.portfolio_id = portfolios.portfolio_id
    left join {{ ref('stg_instruments') }} as instruments
        on keys.instrument_id = instruments.instrument_id
    left join {{ ref('int_base_rates') }} as rates
        on
            keys.business_date = rates.business_date
            and instruments.currency = rates.currency
            and portfolios.base_currency = rates.base_currency
    left join {{ ref('int_unit_values') }} as unit_values
        on
            keys.business_date = unit_values.business_date
            and keys.instrument_id = unit_values.instrument_id
    left join {{ ref('int_corporate_actions_by_session') }} as actions
        on
            keys.business_date = actions.business_date
            and keys.instrument_id = actions.instrument_id
),

moved as (
    select
        joined.*,
        case
            when joined.ended_value_local is not null
                then {{ money('joined.ended_value_local - joined.previous_moving_value_local') }}
            else {{ money(
                'joined.previous_quantity * '
                ~ unit_value('joined.unit_value_per_old_unit_local - joined.previous_unit_value_local')
            ) }}
        end as price_change_local,
        joined.fx_rate - joined.previous_fx_rate as fx_change
    from joined
),

split_up as (
    select
        moved.*,
        {{ money('market_value_base - previous_market_value_base - trades_base + income_base') }} as pnl_base,
        {{ money('price_change_local * previous_fx_rate') }} as price_pnl_base,
        {{ money('previous_market_value_local * fx_change') }} as fx_pnl_base,
        {{ money('price_change_local * fx_change') }} as cross_pnl_base
    from moved
)

select
    business_date,
    portfolio_id,
    instrument_id,
    base_currency,
    case when reason is null then {{ money('previous_market_value_base') }} end as previous_market_value_base,
    case when reason is null then {{ money('market_value_base') }} end as market_value_base,
    case when reason is null then {{ money('trades_base') }} end as trades_base,
    case when reason is null then {{ money('income_base') }} end as income_base,
    case when reason is null then pnl_base end as pnl_base,
    case when reason is null then price_pnl_base end as price_pnl_base,
    case when reason is null then fx_pnl_base end as fx_pnl_base,
    case when reason is null then cross_pnl_base end as cross_pnl_base,
    case
        when reason is null
            then {{ money('pnl_base - income_base - price_pnl_base - fx_pnl_base - cross_pnl_base') }}
    end as trading_pnl_base,
    case
        when reason is not null then 'missing'
        when warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(reason, warning) as reason
from split_up
