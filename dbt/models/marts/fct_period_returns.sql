{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}
{%- set parts = ['price_pnl_base', 'fx_pnl_base', 'cross_pnl_base', 'income_base', 'trading_pnl_base'] %}

with returns as (
    select * from {{ ref('fct_portfolio_returns') }}
    where business_date <= {{ last_session() }}
),

profits as (
    select
        business_date,
        portfolio_id,
        sum(price_pnl_base) as price_pnl_base,
        sum(fx_pnl_base) as fx_pnl_base,
        sum(cross_pnl_base) as cross_pnl_base,
        sum(income_base) as income_base,
        sum(trading_pnl_base) as trading_pnl_base,
        max(case when status = 'missing' then reason end) as reason
    from {{ ref('int_node_pnl') }}
    where business_date <= {{ last_session() }}
    group by business_date, portfolio_id
),

nodes as (
    select
        tree.ancestor_portfolio_id as portfolio_id,
        portfolios.benchmark_id,
        min(spans.first_date) as first_date
    from {{ ref('int_portfolio_tree') }} as tree
    inner join {{ ref('int_portfolio_spans') }} as spans
        on tree.portfolio_id = spans.portfolio_id
    inner join {{ ref('stg_portfolios') }} as portfolios
        on tree.ancestor_portfolio_id = portfolios.portfolio_id
    group by tree.ancestor_portfolio_id, portfolios.benchmark_id
),

sessions as (
    {#- Every session since the first one of the node: one that was never built breaks the chain as well. #}
    select
        calendar_sessions.business_date,
        calendar_sessions.previous_business_date,
        nodes.portfolio_id,
        nodes.benchmark_id,
        nodes.first_date,
        row_number() over (
            partition by nodes.portfolio_id
            order by calendar_sessions.business_date
        ) = 1 as is_start
    from {{ ref('stg_trading_sessions') }} as calendar_sessions
    inner join nodes
        on calendar_sessions.business_date >= nodes.first_date
    where
        calendar_sessions.calendar = '{{ var("calendar") }}'
        and calendar_sessions.business_date <= (select max(returns.business_date) from returns)
),

days as (
    select
        sessions.business_date,
        sessions.portfolio_id,
        sessions.benchmark_id,
        sessions.is_start,
        returns.portfolio_id is not null as is_built,
        returns.base_currency,
        returns.nav_base,
        returns.benchmark_return_rate,
        case when not sessions.is_start then returns.return_rate end as day_return_rate,
        returns.status as day_status,
        returns.reason as day_reason,
        {{ days_between('sessions.first_date', 'sessions.business_date') }} as day_number,
        case when sessions.is_start then sessions.business_date else sessions.previous_business_date end
            as start_date,
        case
            {#- What the next session started from is what a first session held that was not built itself. #}
            when sessions.is_start
                then coalesce(
                    returns.nav_base,
                    lead(
                        returns.nav_base - returns.pnl_base
                        - returns.start_of_day_flow_base - returns.end_of_day_flow_base
                    ) over (
                        partition by sessions.portfolio_id
                        order by sessions.business_date
                    )
                )
            else
                returns.nav_base - returns.pnl_base
                - returns.start_of_day_flow_base - returns.end_of_day_flow_base
        end as start_nav_base,
        case when not sessions.is_start then returns.pnl_base end as pnl_base,
        case when not sessions.is_start then returns.start_of_day_flow_base + returns.end_of_day_flow_base end
            as flow_base,
        case when not sessions.is_start then returns.start_of_day_flow_base end as start_of_day_flow_base,
        case
            when not sessions.is_start and returns.return_rate > -1
                then ln(1 + cast(returns.return_rate as double precision))
        end as log_return,
        case
            when not sessions.is_start and returns.benchmark_return_rate > -1
                then ln(1 + cast(returns.benchmark_return_rate as double precision))
        end as benchmark_log_return,
        {%- for part in parts %}
            case when not sessions.is_start and profits.reason is null then profits.{{ part }} end
                as {{ part }},
        {%- endfor %}
        case
            when sessions.is_start then null
            when returns.portfolio_id is null
                then {{ broken_chain_reason('return', 'sessions.business_date', "'it was not built'") }}
            when returns.return_rate is null
                then {{ broken_chain_reason(
                    'return', 'sessions.business_date', "coalesce(returns.reason, 'it is unknown')"
                ) }}
            when returns.return_rate <= -1
                then {{ broken_chain_reason('return', 'sessions.business_date', "'everything was lost'") }}
        end as break_reason,
        case
            when
                sessions.benchmark_id is not null
                and not sessions.is_start
                and not coalesce(returns.benchmark_return_rate > -1, false)
                then {{ broken_chain_reason(
                    'return of the benchmark', 'sessions.business_date', "'of ' || sessions.benchmark_id"
                ) }}
        end as benchmark_break_reason,
        case
            when not sessions.is_start and (profits.portfolio_id is null or profits.reason is not null)
                then {{ broken_chain_reason(
                    'split of the profit', 'sessions.business_date', "coalesce(profits.reason, 'it was not built')"
                ) }}
        end as split_break_reason
    from sessions
    left join returns
        on
            sessions.business_date = returns.business_date
            and sessions.portfolio_id = returns.portfolio_id
    left join profits
        on
            sessions.business_date = profits.business_date
            and sessions.portfolio_id = profits.portfolio_id
),

by_period as (
    {% for period in ['day', 'month', 'quarter', 'year', 'inception'] %}
        select
            days.*,
            '{{ period }}' as period,
            {{ period_start(period, 'days.business_date') }} as period_start
        from days
        {% if period != 'inception' %}where {{ is_in_same_year_as_range('days.business_date') }}{% endif %}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

running as (
    select
        *,
        first_value(start_date) {{ to_date_by(['portfolio_id']) }} as first_date,
        first_value(start_nav_base) {{ to_date_by(['portfolio_id']) }} as first_nav_base,
        max(case when is_start then 1 else 0 end) {{ to_date_by(['portfolio_id']) }} as n_starts,
        count(*) {{ to_date_by(['portfolio_id']) }} as n_rows,
        min(base_currency) {{ to_date_by(['portfolio_id']) }} as least_base_currency,
        max(base_currency) {{ to_date_by(['portfolio_id']) }} as greatest_base_currency,
        sum(log_return) {{ to_date_by(['portfolio_id']) }} as sum_log_return,
        sum(benchmark_log_return) {{ to_date_by(['portfolio_id']) }} as sum_benchmark_log_return,
        count(benchmark_log_return) {{ to_date_by(['portfolio_id']) }} as n_benchmark_returns,
        count(pnl_base) {{ to_date_by(['portfolio_id']) }} as n_profits,
        count(flow_base) {{ to_date_by(['portfolio_id']) }} as n_flows,
        sum(cast(flow_base as double precision) * day_number) {{ to_date_by(['portfolio_id']) }} as flow_days,
        sum(start_of_day_flow_base) {{ to_date_by(['portfolio_id']) }} as start_of_day_flows_base,
        {%- for part in ['pnl_base', 'flow_base'] + parts %}
            sum({{ part }}) {{ to_date_by(['portfolio_id']) }} as sum_{{ part }},
        {%- endfor %}
        min(break_reason) {{ to_date_by(['portfolio_id']) }} as first_break_reason,
        min(benchmark_break_reason) {{ to_date_by(['portfolio_id']) }} as first_benchmark_break_reason,
        min(split_break_reason) {{ to_date_by(['portfolio_id']) }} as first_split_break_reason
    from by_period
),

counted as (
    select
        *,
        n_rows - n_starts as n_sessions,
        {{ days_between('first_date', 'business_date') }} as n_days,
        case
            when n_rows = n_starts then 'first session of ' || portfolio_id
            when period = 'day' and day_return_rate is not null then null
            when least_base_currency <> greatest_base_currency
                then 'the base currency changed to ' || base_currency
            else first_break_reason
        end as missing_reason
    from running
    where
        is_built
        and {{ is_in_session_range('business_date') }}
),

measured as (
    select
        *,
        n_profits = n_sessions and n_sessions > 0 as has_profit,
        n_flows = n_sessions and n_sessions > 0 and least_base_currency = greatest_base_currency as has_flows,
        n_sessions > 0 and first_split_break_reason is null as has_split,
        case
            when missing_reason is not null then null
            when period = 'day' then day_return_rate
            else {{ rate('exp(sum_log_return) - 1') }}
        end as return_rate,
        case
            when missing_reason is null and n_days >= 365
                then {{ rate('exp(sum_log_return * 365.25 / n_days) - 1') }}
        end as annualised_return_rate,
        case
            when
                n_sessions > 0
                and n_benchmark_returns = n_sessions
                and least_base_currency = greatest_base_currency
                then {{ rate('exp(sum_benchmark_log_return) - 1') }}
        end as period_benchmark_return_rate,
        {#- A flow at the end of day d of D weighs (D - d) / D, at its start one day more. The days of
            flows are counted from the first session of the node, the period begins n_days before now. #}
        cast(first_nav_base as double precision)
        + cast(sum_flow_base as double precision)
        - (flow_days - cast(sum_flow_base as double precision) * (day_number - n_days)) / nullif(n_days, 0)
        + cast(start_of_day_flows_base as double precision) / nullif(n_days, 0)
            as capital_base
    from counted
),

explained as (
    select
        *,
        case
            when has_flows and capital_base > 0
                then {{ rate(safe_divide('nav_base - first_nav_base - sum_flow_base', 'capital_base')) }}
        end as modified_dietz_rate,
        case
            when n_starts > 0 and period <> 'inception' then 'since the first session of ' || portfolio_id
        end
            as start_warning,
        case when n_sessions > 0 then first_benchmark_break_reason end as benchmark_warning,
        case when n_sessions > 0 then first_split_break_reason end as split_warning,
        case
            when has_flows and capital_base <= 0
                then 'modified Dietz: the capital at work is not positive'
        end as capital_warning,
        {#- A session of the period was corrected and computed anew, the one after it was not yet. #}
        case
            when
                has_profit
                and has_flows
                and abs(sum_pnl_base - (nav_base - first_nav_base - sum_flow_base))
                > {{ var('profit_tolerance') }}
                then {{ broken_profit_reason('portfolio_id') }}
        end as profit_warning,
        case when day_status = 'warning' and not is_start then day_reason end as day_warning
    from measured
)

select
    business_date,
    portfolio_id,
    base_currency,
    period,
    first_date,
    cast(n_sessions as bigint) as n_sessions,
    {{ money('first_nav_base') }} as start_nav_base,
    nav_base,
    case when has_flows then {{ money('sum_flow_base') }} end as flow_base,
    case when has_profit and has_flows then {{ money('sum_pnl_base') }} end as pnl_base,
    {%- for part in parts %}
        case when has_profit and has_flows and has_split then {{ money('sum_' ~ part) }} end as {{ part }},
    {%- endfor %}
    return_rate,
    annualised_return_rate,
    modified_dietz_rate,
    period_benchmark_return_rate as benchmark_return_rate,
    {{ rate('return_rate - period_benchmark_return_rate') }} as active_return_rate,
    case
        when missing_reason is not null then 'missing'
        when
            coalesce(
                start_warning, benchmark_warning, split_warning, capital_warning, profit_warning, day_warning
            )
            is not null
            then 'warning'
        else 'ok'
    end as status,
    coalesce(
        missing_reason,
        {{ joined_reasons([
            'start_warning',
            'benchmark_warning',
            'split_warning',
            'capital_warning',
            'profit_warning',
            'day_warning'
        ]) }}
    ) as reason
from explained
