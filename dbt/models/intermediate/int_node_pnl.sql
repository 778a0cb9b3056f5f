{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select * from {{ ref('int_range_sessions') }}
),

rates as (
    select * from {{ ref('int_base_rates') }}
),

nodes as (
    select
        tree.ancestor_portfolio_id as portfolio_id,
        portfolios.base_currency,
        tree.portfolio_id as member_portfolio_id
    from {{ ref('int_portfolio_tree') }} as tree
    inner join {{ ref('stg_portfolios') }} as portfolios
        on tree.ancestor_portfolio_id = portfolios.portfolio_id
),

position_values as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        currency,
        market_value_local
    from {{ ref('int_position_values') }}
),

profits as (
    select
        profits.business_date,
        sessions.previous_business_date,
        profits.portfolio_id as member_portfolio_id,
        profits.instrument_id,
        profits.base_currency as member_base_currency,
        profits.previous_market_value_base,
        profits.market_value_base,
        profits.trades_base,
        profits.income_base,
        profits.price_pnl_base,
        profits.fx_pnl_base,
        profits.cross_pnl_base,
        case when profits.status = 'missing' then profits.reason end as reason,
        case when profits.status = 'warning' then profits.reason end as warning,
        coalesce(today.currency, previous.currency, profits.base_currency) as currency,
        coalesce(today.market_value_local, 0) as market_value_local,
        coalesce(previous.market_value_local, 0) as previous_market_value_local
    from {{ ref('fct_position_pnl') }} as profits
    inner join sessions
        on
            profits.business_date = sessions.business_date
            and sessions.is_in_range
    left join position_values as today
        on
            profits.business_date = today.business_date
            and profits.portfolio_id = today.portfolio_id
            and profits.instrument_id = today.instrument_id
    left join position_values as previous
        on
            sessions.previous_business_date = previous.business_date
            and profits.portfolio_id = previous.portfolio_id
            and profits.instrument_id = previous.instrument_id
    where {{ is_in_session_range('profits.business_date') }}
),

paired as (
    {#- A member in the base currency of the node is taken as it is. For another, market values go to the base
        currency of the node as in fct_portfolio_returns; what is traded and earned goes from base to base. #}
    select
        profits.*,
        nodes.portfolio_id,
        nodes.base_currency,
        profits.member_base_currency = nodes.base_currency as is_alike,
        rates.fx_rate,
        rates_before.fx_rate as previous_fx_rate,
        base_rates.fx_rate as member_rate,
        base_rates_before.fx_rate as previous_member_rate,
        case
            when profits.member_base_currency = nodes.base_currency then null
            when rates.fx_rate is null
                then {{ no_rate_reason('profits.currency', 'nodes.base_currency', 'profits.business_date') }}
            when rates_before.fx_rate is null
                then {{ no_rate_reason(
                    'profits.currency', 'nodes.base_currency', 'profits.previous_business_date'
                ) }}
            when base_rates.fx_rate is null
                then {{ no_rate_reason(
                    'profits.member_base_currency', 'nodes.base_currency', 'profits.business_date'
                ) }}
            when base_rates_before.fx_rate is null
                then {{ no_rate_reason(
                    'profits.member_base_currency', 'nodes.base_currency', 'profits.previous_business_date'
                ) }}
        end as rate_reason,
        case
            when profits.member_base_currency <> nodes.base_currency
                then coalesce(rates.warning, rates_before.warning, base_rates.warning)
        end as rate_warning
    from profits
    inner join nodes
        on profits.member_portfolio_id = nodes.member_portfolio_id
    left join rates
        on
            profits.business_date = rates.business_date
            and profits.currency = rates.currency
            and nodes.base_currency = rates.base_currency
    left join rates as rates_before
        on
            profits.previous_business_date = rates_before.business_date
            and profits.currency = rates_before.currency
            and nodes.base_currency = rates_before.base_currency
    left join rates as base_rates
        on
            profits.business_date = base_rates.business_date
            and profits.member_base_currency = base_rates.currency
            and nodes.base_currency = base_rates.base_currency
    left join rates as base_rates_before
        on
            profits.previous_business_date = base_rates_before.business_date
            and profits.member_base_currency = base_rates_before.currency
            and nodes.base_currency = base_rates_before.base_currency
),

converted as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        base_currency,
        case
            when is_alike then previous_market_value_base
            else {{ money('previous_market_value_local * previous_fx_rate') }} end
            as previous_market_value_base,
        case
            when is_alike then market_value_base
            else {{ money('market_value_local * fx_rate') }}
        end as market_value_base,
        case
            when is_alike then trades_base
            else {{ money('trades_base * member_rate') }}
        end as trades_base,
        case
            when is_alike then income_base
            else {{ money('income_base * member_rate') }}
        end as income_base,
        case
            when is_alike then price_pnl_base
            else {{ money('price_pnl_base * previous_member_rate') }}
        end as price_pnl_base,
        case
            when is_alike then fx_pnl_base
            else {{ money('previous_market_value_local * (fx_rate - previous_fx_rate)') }}
        end as fx_pnl_base,
        case
            when is_alike then cross_pnl_base
            else {{ money(
                money('price_pnl_base * previous_member_rate')
                ~ ' * '
                ~ rate(safe_divide('fx_rate', 'previous_fx_rate') ~ ' - 1')
            ) }}
        end as cross_pnl_base,
        coalesce(reason, rate_reason) as reason,
        coalesce(warning, rate_warning) as warning
    from paired
),

sums as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        base_currency,
        max(reason) as reason,
        max(warning) as warning,
        sum(previous_market_value_base) as previous_market_value_base,
        sum(market_value_base - previous_market_value_base - trades_base + income_base) as pnl_base,
        sum(price_pnl_base) as price_pnl_base,
        sum(fx_pnl_base) as fx_pnl_base,
        sum(cross_pnl_base) as cross_pnl_base,
        sum(income_base) as income_base
    from converted
    group by business_date, portfolio_id, instrument_id, base_currency
),

cash as (
    select
        currency,
        min(instrument_id) as instrument_id
    from {{ ref('stg_instruments') }}
    where instrument_type = 'cash'
    group by currency
),

flows as (
    {#- Money that is there from the start of the day is capital of the day, in cash. #}
    select
        sessions.business_date,
        nodes.portfolio_id,
        coalesce(cash.instrument_id, 'CASH_' || flows.currency) as instrument_id,
        sum({{ money('flows.amount_local * rates.fx_rate') }}) as start_of_day_flow_base
    from {{ ref('stg_external_flows') }} as flows
    inner join sessions
        on
            flows.flow_date > sessions.previous_business_date
            and flows.flow_date <= sessions.business_date
            and sessions.is_in_range
    inner join nodes
        on flows.portfolio_id = nodes.member_portfolio_id
    left join rates
        on
            sessions.business_date = rates.business_date
            and flows.currency = rates.currency
            and nodes.base_currency = rates.base_currency
    left join cash
        on flows.currency = cash.currency
    where
        flows.timing = 'start_of_day'
        and {{ is_near_session_range('flows.flow_date') }}
    group by
        sessions.business_date,
        nodes.portfolio_id,
        coalesce(cash.instrument_id, 'CASH_' || flows.currency)
)

select
    sums.business_date,
    sums.portfolio_id,
    sums.instrument_id,
    sums.base_currency,
    case
        when sums.reason is null
            then {{ money('sums.previous_market_value_base + coalesce(flows.start_of_day_flow_base, 0)') }}
    end as start_value_base,
    case when sums.reason is null then {{ money('sums.pnl_base') }} end as pnl_base,
    case when sums.reason is null then {{ money('sums.price_pnl_base') }} end as price_pnl_base,
    case when sums.reason is null then {{ money('sums.fx_pnl_base') }} end as fx_pnl_base,
    case when sums.reason is null then {{ money('sums.cross_pnl_base') }} end as cross_pnl_base,
    case when sums.reason is null then {{ money('sums.income_base') }} end as income_base,
    case
        when sums.reason is null
            then {{ money(
                'sums.pnl_base - sums.price_pnl_base - sums.fx_pnl_base - sums.cross_pnl_base - sums.income_base'
            ) }}
    end as trading_pnl_base,
    case
        when sums.reason is not null then 'missing'
        when sums.warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(sums.reason, sums.warning) as reason
from sums
left join flows
    on
        sums.business_date = flows.business_date
        and sums.portfolio_id = flows.portfolio_id
        and sums.instrument_id = flows.instrument_id
