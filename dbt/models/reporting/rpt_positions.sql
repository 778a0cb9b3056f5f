{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with pnl as (
    select * from {{ ref('fct_position_pnl') }}
    where {{ is_in_session_range('business_date') }}
),

position_values as (
    select * from {{ ref('fct_position_values') }}
    where {{ is_in_session_range('business_date') }}
),

rates as (
    select * from {{ ref('int_base_rates') }}
),

members as (
    select
        pnl.business_date,
        tree.ancestor_portfolio_id as portfolio_id,
        pnl.instrument_id,
        case when position_values.instrument_id is null then 0 else position_values.quantity end as quantity,
        position_values.price_local,
        case
            when position_values.instrument_id is null then 0
            else {{ money('position_values.market_value_local * local_rates.fx_rate') }}
        end as market_value_base,
        {{ money(
            money('(pnl.market_value_base - pnl.trades_base + pnl.income_base) * today.fx_rate')
            ~ ' - ' ~ money('pnl.previous_market_value_base * before.fx_rate')
        ) }} as day_pnl_base,
        case
            when position_values.status = 'missing' then position_values.reason
            when position_values.instrument_id is not null and local_rates.fx_rate is null
                then {{ no_rate_reason(
                    'position_values.currency', 'nodes.base_currency', 'pnl.business_date'
                ) }}
        end as value_reason,
        case
            when pnl.status = 'missing' then pnl.reason
            when today.fx_rate is null or before.fx_rate is null
                then {{ no_rate_reason(
                    'pnl.base_currency', 'nodes.base_currency', 'sessions.previous_business_date'
                ) }}
        end as pnl_reason,
        coalesce(
            local_rates.warning,
            case when pnl.status = 'warning' then pnl.reason end,
            today.warning,
            before.warning
        ) as rate_warning
    from pnl
    inner join {{ ref('int_range_sessions') }} as sessions
        on pnl.business_date = sessions.business_date
    inner join {{ ref('int_portfolio_tree') }} as tree
        on pnl.portfolio_id = tree.portfolio_id
    inner join {{ ref('stg_portfolios') }} as nodes
        on tree.ancestor_portfolio_id = nodes.portfolio_id
    left join position_values
        on
            pnl.business_date = position_values.business_date
            and pnl.portfolio_id = position_values.portfolio_id
            and pnl.instrument_id = position_values.instrument_id
    left join rates as local_rates
        on
            position_values.business_date = local_rates.business_date
            and position_values.currency = local_rates.currency
            and nodes.base_currency = local_rates.base_currency
    left join rates as today
        on
            pnl.business_date = today.business_date
            and pnl.base_currency = today.currency
            and nodes.base_currency = today.base_currency
    left join rates as before
        on
            sessions.previous_business_date = before.business_date
            and pnl.base_currency = before.currency
            and nodes.base_currency = before.base_currency
),

summed as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        sum(quantity) as quantity,
        max(price_local) as price_local,
        case when max(value_reason) is null then sum(market_value_base) end as market_value_base,
        case when max(pnl_reason) is null then sum(day_pnl_base) end as day_pnl_base,
        max(value_reason) as value_reason,
        max(pnl_reason) as pnl_reason,
        max(rate_warning) as rate_warning
    from members
    group by business_date, portfolio_id, instrument_id
),

contributions as (
    select
        business_date,
        portfolio_id,
        instrument_id,
        contribution
    from ({{ current_results('risk_contributions') }}) as risk_contributions
    where
        metric = 'expected_shortfall'
        and abs(confidence - 0.975) < 0.000001
),

navs as (
    select
        business_date,
        portfolio_id,
        nav_base,
        case
            when nav_base is null then coalesce(reason, 'no net asset value')
            when nav_base <= 0 then 'net asset value is not positive'
        end as weight_reason
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_session_range('business_date') }}
)

select
    summed.business_date,
    summed.portfolio_id,
    summed.instrument_id,
    coalesce(instruments.name, summed.instrument_id) as instrument_name,
    instruments.instrument_type,
    instruments.currency,
    {{ money('summed.quantity') }} as quantity,
    summed.price_local,
    {{ money('summed.market_value_base') }} as market_value_base,
    case
        when navs.nav_base > 0
            then {{ rate(safe_divide('summed.market_value_base', 'navs.nav_base')) }}
    end as weight_rate,
    {{ money('summed.day_pnl_base') }} as day_pnl_base,
    {{ money('contributions.contribution') }} as es_975_contribution_base,
    case
        when summed.value_reason is not null then 'missing'
        when
            summed.pnl_reason is not null
            or summed.rate_warning is not null
            or navs.weight_reason is not null
            then 'warning'
        else 'ok'
    end as status,
    coalesce(
        summed.value_reason,
        {{ joined_reasons(['summed.pnl_reason', 'navs.weight_reason', 'summed.rate_warning']) }}
    ) as reason
from summed
left join {{ ref('stg_instruments') }} as instruments
    on summed.instrument_id = instruments.instrument_id
left join navs
    on
        summed.business_date = navs.business_date
        and summed.portfolio_id = navs.portfolio_id
left join contributions
    on
        summed.business_date = contributions.business_date
        and summed.portfolio_id = contributions.portfolio_id
        and summed.instrument_id = contributions.instrument_id
