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
        tree.portfolio_id as member_portfolio_id,
        spans.first_date
    from {{ ref('int_portfolio_tree') }} as tree
    inner join {{ ref('stg_portfolios') }} as portfolios
        on tree.ancestor_portfolio_id = portfolios.portfolio_id
    left join {{ ref('int_portfolio_spans') }} as spans
        on tree.portfolio_id = spans.portfolio_id
),

position_values as (
    select * from {{ ref('int_position_values') }}
),

delivered as (
    select distinct
        business_date,
        portfolio_id
    from position_values
),

values_and_gaps as (
    select
        position_values.business_date,
        nodes.portfolio_id,
        {{ money('position_values.market_value_local * rates.fx_rate') }} as market_value_base,
        case
            when position_values.reason is not null then position_values.reason
            when rates.fx_rate is null
                then {{ no_rate_reason(
                    'position_values.currency', 'nodes.base_currency', 'position_values.business_date'
                ) }}
        end as reason,
        rates.warning
    from position_values
    inner join nodes
        on position_values.portfolio_id = nodes.member_portfolio_id
    left join rates
        on
            position_values.business_date = rates.business_date
            and position_values.currency = rates.currency
            and nodes.base_currency = rates.base_currency

    union all

    {#- A member is expected from its first positions on: later silence is a gap, not a liquidation. #}
    select
        sessions.business_date,
        nodes.portfolio_id,
        null as market_value_base,
        {{ no_positions_reason('nodes.member_portfolio_id', 'sessions.business_date') }} as reason,
        null as warning
    from sessions
    inner join nodes
        on sessions.business_date >= nodes.first_date
    left join delivered
        on
            sessions.business_date = delivered.business_date
            and nodes.member_portfolio_id = delivered.portfolio_id
    where delivered.portfolio_id is null
),

navs as (
    select
        business_date,
        portfolio_id,
        case when max(reason) is null then {{ money('sum(market_value_base)') }} end as nav_base,
        max(reason) as reason,
        max(warning) as warning
    from values_and_gaps
    group by business_date, portfolio_id
),

external_flows as (
    {#- Money that comes before the first positions of a member is in no book yet: it counts when they begin,
        and not at all for a member that has none. #}
    select
        nodes.portfolio_id,
        nodes.base_currency,
        nodes.member_portfolio_id,
        flows.timing,
        flows.currency,
        flows.amount_local,
        greatest(flows.flow_date, nodes.first_date) as counted_date
    from {{ ref('stg_external_flows') }} as flows
    inner join nodes
        on flows.portfolio_id = nodes.member_portfolio_id
    where nodes.first_date is not null
),

converted_flows as (
    select
        sessions.business_date,
        flows.portfolio_id,
        flows.member_portfolio_id,
        flows.timing,
        {{ money('flows.amount_local * rates.fx_rate') }} as amount_base,
        case
            when rates.fx_rate is null
                then {{ no_rate_reason('flows.currency', 'flows.base_currency', 'sessions.business_date') }}
        end as reason,
        rates.warning
    from external_flows as flows
    inner join sessions
        on
            flows.counted_date > sessions.previous_business_date
            and flows.counted_date <= sessions.business_date
    left join rates
        on
            sessions.business_date = rates.business_date
            and flows.currency = rates.currency
            and flows.base_currency = rates.base_currency
),

flows as (
    select
        business_date,
        portfolio_id,
        {%- for timing in ['start_of_day', 'end_of_day'] %}
            sum(case when timing = '{{ timing }}' then amount_base else 0 end) as {{ timing }}_flow_base,
        {%- endfor %}
        max(reason) as reason,
        max(warning) as warning
    from converted_flows
    group by business_date, portfolio_id
),

brought as (
    {#- What a member begins with in a node, and what external flows say of it. #}
    select
        sessions.business_date,
        nodes.portfolio_id,
        nodes.member_portfolio_id,
        sum({{ money('position_values.market_value_local * rates.fx_rate') }}) as value_base
    from sessions
    inner join nodes
        on
            sessions.previous_business_date < nodes.first_date
            and sessions.business_date >= nodes.first_date
    inner join position_values
        on
            sessions.business_date = position_values.business_date
            and nodes.member_portfolio_id = position_values.portfolio_id
    left join rates
        on
            position_values.business_date = rates.business_date
            and position_values.currency = rates.currency
            and nodes.base_currency = rates.base_currency
    group by sessions.business_date, nodes.portfolio_id, nodes.member_portfolio_id
),

told as (
    select
        business_date,
        portfolio_id,
        member_portfolio_id,
        sum(amount_base) as flow_base
    from converted_flows
    group by business_date, portfolio_id, member_portfolio_id
),

opened as (
    {#- A member that begins with much more, or much less, than external flows tell brings money into nodes
        that were there before: nobody has said how much of it is profit. #}
    select
        brought.business_date,
        brought.portfolio_id,
        min(brought.member_portfolio_id) as member_portfolio_id
    from brought
    left join told
        on
            brought.business_date = told.business_date
            and brought.portfolio_id = told.portfolio_id
            and brought.member_portfolio_id = told.member_portfolio_id
    where
        told.member_portfolio_id is null
        or abs(brought.value_base - told.flow_base)
        > {{ money('abs(told.flow_base) * ' ~ opening_tolerance_rate()) }}
    group by brought.business_date, brought.portfolio_id
),

benchmarks as (
    select
        returns.business_date,
        portfolios.portfolio_id,
        {{ rate(
            '(1 + returns.return_rate) * '
            ~ rate(safe_divide('today.fx_rate', 'before.fx_rate'))
            ~ ' - 1'
        ) }} as benchmark_return_rate
    from {{ ref('int_benchmark_returns') }} as returns
    inner join sessions
        on returns.business_date = sessions.business_date
    inner join {{ ref('stg_benchmarks') }} as benchmarks
        on returns.benchmark_id = benchmarks.benchmark_id
    inner join {{ ref('stg_portfolios') }} as portfolios
        on returns.benchmark_id = portfolios.benchmark_id
    left join rates as today
        on
            sessions.business_date = today.business_date
            and benchmarks.currency = today.currency
            and portfolios.base_currency = today.base_currency
    left join rates as before
        on
            sessions.previous_business_date = before.business_date
            and benchmarks.currency = before.currency
            and portfolios.base_currency = before.base_currency
),

joined as (
    select
        navs.business_date,
        navs.portfolio_id,
        portfolios.base_currency,
        navs.nav_base,
        before.nav_base as previous_nav_base,
        opened.portfolio_id is not null as is_opened,
        case when flows.portfolio_id is null then 0 else flows.start_of_day_flow_base end
            as start_of_day_flow_base,
        case when flows.portfolio_id is null then 0 else flows.end_of_day_flow_base end
            as end_of_day_flow_base,
        benchmarks.benchmark_return_rate,
        navs.reason as nav_reason,
        case
            when before.portfolio_id is null then 'first session of ' || navs.portfolio_id
            when opened.portfolio_id is not null
                then {{ opened_without_flow_reason('opened.member_portfolio_id', 'navs.business_date') }}
            when before.reason is not null then before.reason
            when flows.reason is not null then flows.reason
            when before.nav_base + coalesce(flows.start_of_day_flow_base, 0) <= 0
                then {{ no_base_reason('navs.business_date') }}
        end as return_reason,
        coalesce(navs.warning, flows.warning, before.warning) as warning
    from navs
    inner join sessions
        on navs.business_date = sessions.business_date
    inner join {{ ref('stg_portfolios') }} as portfolios
        on navs.portfolio_id = portfolios.portfolio_id
    left join navs as before
        on
            sessions.previous_business_date = before.business_date
            and navs.portfolio_id = before.portfolio_id
    left join flows
        on
            navs.business_date = flows.business_date
            and navs.portfolio_id = flows.portfolio_id
    left join opened
        on
            navs.business_date = opened.business_date
            and navs.portfolio_id = opened.portfolio_id
    left join benchmarks
        on
            navs.business_date = benchmarks.business_date
            and navs.portfolio_id = benchmarks.portfolio_id
    where sessions.is_in_range
),

measured as (
    select
        joined.*,
        case
            when not joined.is_opened
                then {{ money(
                    'nav_base - previous_nav_base - start_of_day_flow_base - end_of_day_flow_base'
                ) }}
        end as pnl_base,
        case
            when joined.nav_reason is null and joined.return_reason is null
                then {{ rate(safe_divide(
                    'nav_base - end_of_day_flow_base',
                    'previous_nav_base + start_of_day_flow_base'
                ) ~ ' - 1') }}
        end as return_rate
    from joined
)

select
    business_date,
    portfolio_id,
    base_currency,
    nav_base,
    cast(start_of_day_flow_base as decimal(38, 8)) as start_of_day_flow_base,
    cast(end_of_day_flow_base as decimal(38, 8)) as end_of_day_flow_base,
    pnl_base,
    return_rate,
    benchmark_return_rate,
    {{ rate('return_rate - benchmark_return_rate') }} as active_return_rate,
    case
        when nav_reason is not null then 'missing'
        when return_reason is not null or warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(nav_reason, {{ joined_reasons(['return_reason', 'warning']) }}) as reason
from measured
