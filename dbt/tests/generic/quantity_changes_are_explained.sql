{#- Units change by transactions and external flows only, to half a cent or half a hundredth of a unit. -#}
{% test quantity_changes_are_explained(model) %}
with position_values as (
    select * from {{ ref('int_position_values') }}
)

select
    pnl.business_date,
    pnl.portfolio_id,
    pnl.instrument_id,
    coalesce(previous.quantity, 0) as previous_quantity,
    coalesce(today.quantity, 0) as quantity,
    coalesce(flows.quantity_change, 0) as explained_change
from {{ model }} as pnl
inner join {{ ref('int_range_sessions') }} as sessions
    on pnl.business_date = sessions.business_date
left join position_values as today
    on
        pnl.business_date = today.business_date
        and pnl.portfolio_id = today.portfolio_id
        and pnl.instrument_id = today.instrument_id
left join position_values as previous
    on
        sessions.previous_business_date = previous.business_date
        and pnl.portfolio_id = previous.portfolio_id
        and pnl.instrument_id = previous.instrument_id
left join {{ ref('int_position_flows') }} as flows
    on
        pnl.business_date = flows.business_date
        and pnl.portfolio_id = flows.portfolio_id
        and pnl.instrument_id = flows.instrument_id
where
    sessions.is_in_range
    and pnl.status <> 'missing'
    and abs(
        coalesce(today.quantity, 0) - coalesce(previous.quantity, 0) - coalesce(flows.quantity_change, 0)
    ) > 0.005
{% endtest %}
