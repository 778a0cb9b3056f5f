{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with sessions as (
    select
        business_date,
        count(*) over (
            partition by {{ dbt.date_trunc('month', 'business_date') }}
            order by business_date
            rows between unbounded preceding and current row
        ) as n_month_sessions,
        count(*) over (
            partition by {{ dbt.date_trunc('year', 'business_date') }}
            order by business_date
            rows between unbounded preceding and current row
        ) as n_year_sessions
    from {{ ref('stg_trading_sessions') }}
    where calendar = '{{ var("calendar") }}'
),

logs as (
    select
        returns.*,
        {#- Returns of -100 % or less have no logarithm: they break the chain. #}
        case
            when returns.return_rate > -1
                then ln(1 + cast(returns.return_rate as double precision))
        end as log_return,
        case
            when returns.benchmark_return_rate > -1
                then ln(1 + cast(returns.benchmark_return_rate as double precision))
        end as benchmark_log_return
    from {{ ref('fct_portfolio_returns') }} as returns
    where {{ is_in_same_year_as_range('business_date') }}
),

chained as (
    select
        logs.business_date,
        logs.portfolio_id,
        logs.base_currency,
        logs.nav_base,
        logs.pnl_base,
        logs.return_rate,
        logs.status,
        logs.reason,
        {{ sum_since('month', 'logs.log_return') }} as mtd_log_return,
        {{ count_since('month', 'logs.log_return') }} as n_mtd,
        {{ sum_since('year', 'logs.log_return') }} as ytd_log_return,
        {{ count_since('year', 'logs.log_return') }} as n_ytd,
        {{ sum_since('year', 'logs.benchmark_log_return') }} as benchmark_ytd_log_return,
        {{ count_since('year', 'logs.benchmark_log_return') }} as n_benchmark_ytd,
        {{ has_new_currency_since('month') }} as has_new_currency_mtd,
        {{ has_new_currency_since('year') }} as has_new_currency_ytd
    from logs
),

metrics as (
    select
        business_date,
        portfolio_id,
        {{ metric_value('value_at_risk', '0.95') }} as var_95_base,
        {{ metric_value('value_at_risk', '0.975') }} as var_975_base,
        {{ metric_value('value_at_risk', '0.99') }} as var_99_base,
        {{ metric_value('expected_shortfall', '0.95') }} as es_95_base,
        {{ metric_value('expected_shortfall', '0.975') }} as es_975_base,
        {{ metric_value('expected_shortfall', '0.99') }} as es_99_base,
        max(case when status <> 'ok' then reason end) as reason
    from ({{ current_results('risk_metrics') }}) as risk_metrics
    where method = 'historical'
    group by business_date, portfolio_id
),

stresses as (
    select
        business_date,
        portfolio_id,
        scenario_name,
        pnl,
        row_number() over (
            partition by business_date, portfolio_id
            order by pnl, scenario_id
        ) as worst_first
    from ({{ current_results('stress_results') }}) as stress_results
    where pnl is not null
),

tree as (
    select
        portfolio_id,
        max(depth) as depth
    from {{ ref('int_portfolio_tree') }}
    group by portfolio_id
),

joined as (
    select
        chained.business_date,
        chained.portfolio_id,
        portfolios.parent_portfolio_id,
        portfolios.name,
        tree.depth,
        chained.base_currency,
        chained.nav_base,
        chained.pnl_base as day_pnl_base,
        chained.return_rate as day_return_rate,
        case
            when
                chained.n_mtd = sessions.n_month_sessions
                and not coalesce(chained.has_new_currency_mtd, false)
                then {{ rate('exp(chained.mtd_log_return) - 1') }}
        end as mtd_return_rate,
        case
            when
                chained.n_ytd = sessions.n_year_sessions
                and not coalesce(chained.has_new_currency_ytd, false)
                then {{ rate('exp(chained.ytd_log_return) - 1') }}
        end as ytd_return_rate,
        case
            when
                chained.n_benchmark_ytd = sessions.n_year_sessions
                and not coalesce(chained.has_new_currency_ytd, false)
                then {{ rate('exp(chained.benchmark_ytd_log_return) - 1') }}
        end as benchmark_ytd_return_rate,
        {{ money_of_doubles('metrics.var_95_base') }} as var_95_base,
        {{ money_of_doubles('metrics.var_975_base') }} as var_975_base,
        {{ money_of_doubles('metrics.var_99_base') }} as var_99_base,
        {{ money_of_doubles('metrics.es_95_base') }} as es_95_base,
        {{ money_of_doubles('metrics.es_975_base') }} as es_975_base,
        {{ money_of_doubles('metrics.es_99_base') }} as es_99_base,
        stresses.scenario_name as worst_stress_name,
        {{ money_of_doubles('stresses.pnl') }} as worst_stress_pnl_base,
        chained.status,
        chained.reason as return_reason,
        case
            when metrics.portfolio_id is null then 'no risk results'
            when metrics.reason = chained.reason then null
            else metrics.reason
        end as risk_reason,
        case
            when chained.has_new_currency_ytd
                then 'year to date: the base currency changed to ' || chained.base_currency
            when chained.n_ytd < sessions.n_year_sessions
                then {{ short_chain_reason('chained.n_ytd', 'sessions.n_year_sessions') }}
        end as chain_reason
    from chained
    inner join sessions
        on chained.business_date = sessions.business_date
    inner join {{ ref('stg_portfolios') }} as portfolios
        on chained.portfolio_id = portfolios.portfolio_id
    left join tree
        on chained.portfolio_id = tree.portfolio_id
    left join metrics
        on
            chained.business_date = metrics.business_date
            and chained.portfolio_id = metrics.portfolio_id
    left join stresses
        on
            chained.business_date = stresses.business_date
            and chained.portfolio_id = stresses.portfolio_id
            and stresses.worst_first = 1
    where {{ is_in_session_range('chained.business_date') }}
)

select
    business_date,
    portfolio_id,
    parent_portfolio_id,
    name,
    depth,
    base_currency,
    nav_base,
    day_pnl_base,
    day_return_rate,
    mtd_return_rate,
    ytd_return_rate,
    benchmark_ytd_return_rate,
    {#- Risk of a part is not the risk of the portfolio. #}
    {%- for name in [
        'var_95_base', 'var_975_base', 'var_99_base', 'es_95_base', 'es_975_base', 'es_99_base',
        'worst_stress_name', 'worst_stress_pnl_base'
    ] %}
        case when status <> 'missing' then {{ name }} end as {{ name }},
    {%- endfor %}
    case
        when status <> 'ok' then status
        when risk_reason is not null or chain_reason is not null then 'warning'
        else 'ok'
    end as status,
    {{ joined_reasons(['return_reason', 'risk_reason', 'chain_reason']) }} as reason
from joined
