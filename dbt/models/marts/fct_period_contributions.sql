{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with chains as (
    select
        business_date,
        portfolio_id,
        period,
        n_sessions,
        return_rate,
        status,
        reason
    from {{ ref('fct_period_returns') }}
    where {{ is_in_same_year_as_range('business_date') }}
),

returns as (
    select
        business_date,
        portfolio_id,
        nav_base - pnl_base - end_of_day_flow_base as capital_base
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_same_year_as_range('business_date') }}
),

days as (
    {#- The first session of a node has no return, and takes no part in a period. #}
    select
        contributions.business_date,
        contributions.portfolio_id,
        contributions.instrument_id,
        contributions.pnl_base,
        case
            when contributions.status <> 'missing' and chains.return_rate > -1
                then
                    cast(contributions.pnl_base as double precision)
                    / nullif(cast(returns.capital_base as double precision), 0)
                    * {{ carino_factor('chains.return_rate', '0') }}
        end as log_contribution,
        case
            when contributions.status = 'missing'
                then {{ broken_chain_reason(
                    'contribution', 'contributions.business_date', 'contributions.reason'
                ) }}
        end as break_reason
    from {{ ref('fct_contributions') }} as contributions
    inner join chains
        on
            contributions.business_date = chains.business_date
            and contributions.portfolio_id = chains.portfolio_id
            and chains.period = 'day'
            and chains.n_sessions = 1
    left join returns
        on
            contributions.business_date = returns.business_date
            and contributions.portfolio_id = returns.portfolio_id
    where {{ is_in_same_year_as_range('contributions.business_date') }}
),

items as (
    {% for period in ['month', 'quarter', 'year'] %}
        select
            days.portfolio_id,
            days.instrument_id,
            '{{ period }}' as period,
            {{ period_start(period, 'days.business_date') }} as period_start,
            min(days.business_date) as first_date
        from days
        group by days.portfolio_id, days.instrument_id, {{ period_start(period, 'days.business_date') }}
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

period_chains as (
    {% for period in ['month', 'quarter', 'year'] %}
        select
            chains.*,
            {{ period_start(period, 'chains.business_date') }} as period_start
        from chains
        where chains.period = '{{ period }}'
        {% if not loop.last %}union all{% endif %}
    {% endfor %}
),

expected as (
    {#- What was sold in the period keeps what it contributed, at every session that follows. #}
    select
        period_chains.business_date,
        period_chains.portfolio_id,
        period_chains.period,
        period_chains.period_start,
        items.instrument_id,
        period_chains.return_rate,
        period_chains.status as chain_status,
        period_chains.reason as chain_reason,
        days.pnl_base,
        days.log_contribution,
        days.break_reason
    from period_chains
    inner join items
        on
            period_chains.portfolio_id = items.portfolio_id
            and period_chains.period = items.period
            and period_chains.period_start = items.period_start
            and period_chains.business_date >= items.first_date
    left join days
        on
            period_chains.business_date = days.business_date
            and period_chains.portfolio_id = days.portfolio_id
            and items.instrument_id = days.instrument_id
),

running as (
    select
        *,
        sum(pnl_base) {{ to_date_by(['portfolio_id', 'instrument_id']) }} as sum_pnl_base,
        sum(log_contribution) {{ to_date_by(['portfolio_id', 'instrument_id']) }} as sum_log_contribution,
        min(break_reason) {{ to_date_by(['portfolio_id', 'instrument_id']) }} as first_break_reason
    from expected
),

explained as (
    select
        *,
        case
            when chain_status = 'missing' then chain_reason
            else first_break_reason
        end as missing_reason
    from running
    where {{ is_in_session_range('business_date') }}
)

select
    business_date,
    portfolio_id,
    period,
    instrument_id,
    case when first_break_reason is null then {{ money('sum_pnl_base') }} end as pnl_base,
    case
        when missing_reason is null
            then {{ rate('sum_log_contribution / (' ~ carino_factor('return_rate', '0') ~ ')') }}
    end as contribution_rate,
    case
        when missing_reason is not null then 'missing'
        else chain_status
    end as status,
    coalesce(missing_reason, chain_reason) as reason
from explained
