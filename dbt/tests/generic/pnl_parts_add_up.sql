{#- Price, currency, cross, trading and income are the whole profit, to the last place. -#}
{% test pnl_parts_add_up(model) %}
select *
from {{ model }}
where
    pnl_base <> price_pnl_base + fx_pnl_base + cross_pnl_base + trading_pnl_base + income_base
    or pnl_base <> market_value_base - previous_market_value_base - trades_base + income_base
{% endtest %}
