{{ config(materialized='incremental', incremental_strategy='replace_sessions') }}

with profits as (
    select * from {{ ref('int_node_pnl') }}
    where {{ is_in_session_range('business_date') }}
),

returns as (
    select
        business_date,
        portfolio_id,
        nav_base - pnl_base - end_of_day_flow_base as capital_base,
        case
            when return_rate is null then coalesce(reason, 'the return of the session is unknown')
        end as reason
    from {{ ref('fct_portfolio_returns') }}
    where {{ is_in_session_range('business_date') }}
),

joined as (
    select
        profits.business_date,
        profits.portfolio_id,
        profits.instrument_id,
        profits.start_value_base,
        profits.pnl_base,
        returns.capital_base,
        case
            when profits.status = 'missing' then profits.reason
            when returns.portfolio_id is null then 'the return of the session is unknown'
            else returns.reason
        end as missing_reason,
        profits.reason as warning
    from profits
    left join returns
        on
            profits.business_date = returns.business_date
            and profits.portfolio_id = returns.portfolio_id
)

select
    business_date,
    portfolio_id,
    instrument_id,
    case when missing_reason is null then {{ rate(safe_divide('start_value_base', 'capital_base')) }} end
        as weight_rate,
    pnl_base,
    case when missing_reason is null then {{ rate(safe_divide('pnl_base', 'capital_base')) }} end
        as contribution_rate,
    case
        when missing_reason is not null then 'missing'
        when warning is not null then 'warning'
        else 'ok'
    end as status,
    coalesce(missing_reason, warning) as reason
from joined
