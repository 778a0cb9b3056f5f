{#- The texts that say why a value is missing, each with the names that a reader needs to mend it. -#}

{% macro no_price_reason(instrument_id, business_date) -%}
    'no price of ' || {{ instrument_id }} || ' on ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro no_settlement_reason(instrument_id, business_date, price_type) -%}
    'no settlement price of ' || {{ instrument_id }} || ' on ' || cast({{ business_date }} as varchar(10))
    || ', only a price of type ' || {{ price_type }}
{%- endmacro %}

{% macro no_trade_price_reason(instrument_id, trade_date) -%}
    'no price in the trade of ' || {{ instrument_id }} || ' on ' || cast({{ trade_date }} as varchar(10))
{%- endmacro %}

{% macro wrong_trade_currency_reason(instrument_id, trade_currency, currency) -%}
    'trade of ' || {{ instrument_id }} || ' is in ' || {{ trade_currency }}
    || ', the instrument in ' || {{ currency }}
{%- endmacro %}

{% macro no_return_reason(instrument_id, business_date) -%}
    'no return of ' || {{ instrument_id }} || ' on ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro no_rate_reason(currency, base_currency, business_date) -%}
    'no exchange rate of ' || {{ currency }} || ' to ' || {{ base_currency }}
    || ' on ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro no_positions_reason(portfolio_id, business_date) -%}
    'no positions of ' || {{ portfolio_id }} || ' on ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro no_base_reason(business_date) -%}
    'no positive value to earn a return on at the start of ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro short_chain_reason(n_returns, n_sessions) -%}
    'year to date: ' || cast({{ n_returns }} as varchar(10)) || ' of '
    || cast({{ n_sessions }} as varchar(10)) || ' sessions have a return'
{%- endmacro %}

{% macro wrong_currency_reason(instrument_id, price_currency, currency) -%}
    'price of ' || {{ instrument_id }} || ' is in ' || {{ price_currency }}
    || ', the instrument in ' || {{ currency }}
{%- endmacro %}

{% macro no_coupon_period_reason(instrument_id, business_date) -%}
    'no coupon period of ' || {{ instrument_id }} || ' on ' || cast({{ business_date }} as varchar(10))
{%- endmacro %}

{% macro unsupported_accrual_reason(instrument_id, cause) -%}
    'accrued interest of ' || {{ instrument_id }} || ' is not supported: ' || {{ cause }}
{%- endmacro %}

{% macro old_rate_reason(currency, fixing_date) -%}
    'exchange rate of ' || {{ currency }} || ' is of ' || cast({{ fixing_date }} as varchar(10))
{%- endmacro %}

{#- The reasons that are not null, joined by semicolons; null when all are. -#}
{% macro joined_reasons(columns) -%}
    nullif(substring(coalesce('; ' || {{ columns | join(", '') || coalesce('; ' || ") }}, ''), 3), '')
{%- endmacro %}

{% macro broken_profit_reason(portfolio_id) -%}
    'profits of ' || {{ portfolio_id }}
    || ' do not lead to its net asset value: a session was corrected, backfill the ones after it'
{%- endmacro %}

{% macro opened_without_flow_reason(portfolio_id, business_date) -%}
    {{ portfolio_id }} || ' begins on ' || cast({{ business_date }} as varchar(10))
    || ' without external flows that tell what it brought: that is no profit'
{%- endmacro %}
