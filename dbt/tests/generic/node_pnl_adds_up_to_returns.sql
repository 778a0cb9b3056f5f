{#-
    The instruments' profit is that of the node: to a millionth of a unit and a 1e-11th of the value, which is what
    exchange rates of 12 places leave. Nodes with a profit that is missing are left out.
-#}
{% test node_pnl_adds_up_to_returns(model) %}
with instruments as (
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
    instruments.*,
    nodes.pnl_base as node_pnl_base
from instruments
left join {{ ref('fct_portfolio_returns') }} as nodes
    on
        instruments.business_date = nodes.business_date
        and instruments.portfolio_id = nodes.portfolio_id
where
    nodes.pnl_base is null
    or abs(instruments.pnl_base - nodes.pnl_base) > 0.000001 + 0.00000000001 * abs(nodes.nav_base)
{% endtest %}
