{#- Which lake tables belong to dates and which are whole snapshots, as lists of SQL literals. -#}

{% macro dated_tables() -%}
    'prices', 'corporate_actions', 'fx_rates', 'curve_quotes', 'positions', 'transactions',
    'external_flows', 'cash_flows', 'vendor_risk_metrics'
{%- endmacro %}

{% macro delivered_snapshots() -%}
    'currencies', 'portfolios', 'instruments', 'bond_terms', 'option_terms', 'fx_forward_terms',
    'benchmarks', 'benchmark_weights', 'stress_shifts', 'risk_proxies', 'limits'
{%- endmacro %}

{% macro computed_snapshots() -%}
    'trading_sessions', 'bond_accruals', 'curve_segments'
{%- endmacro %}
