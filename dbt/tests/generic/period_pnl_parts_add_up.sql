{#-
    Profit is what the net asset value gained without flows, and the sum of its parts: to a millionth of a unit and
    a 1e-11th of the value for each session, which is what exchange rates of 12 places leave.
    A row that says itself that profits do not lead to its value is left out.
-#}
{% test period_pnl_parts_add_up(model) %}
select *
from {{ model }}
where
    {{ is_in_session_range('business_date') }}
    and (
        (
            abs(pnl_base - (nav_base - start_nav_base - flow_base)) > {{ profit_tolerance() }}
            and status = 'ok'
        )
        or abs(
            pnl_base
            - (price_pnl_base + fx_pnl_base + cross_pnl_base + income_base + trading_pnl_base)
        ) > n_sessions * (0.000001 + 0.00000000001 * abs(nav_base))
    )
{% endtest %}
