{#- The positions' profit is the portfolio's: NAV - previous NAV - external flows, to the last place. -#}
{% test pnl_adds_up_to_portfolios(model) %}
with positions as (
    select
        business_date,
        portfolio_id,
        sum(pnl_base) as pnl_base
    from {{ model }}
    where {{ is_in_session_range('business_date') }}
    group by business_date, portfolio_id
    having max(case when status = 'missing' then 1 else 0 end) = 0
)

select
    positions.business_date,
    positions.portfolio_id,
    positions.pnl_base as positions_pnl_base,
    portfolios.pnl_base as portfolio_pnl_base
from positions
left join {{ ref('fct_portfolio_returns') }} as portfolios
    on
        positions.business_date = portfolios.business_date
        and positions.portfolio_id = portfolios.portfolio_id
where
    portfolios.pnl_base is null
    or positions.pnl_base <> portfolios.pnl_base
{% endtest %}
