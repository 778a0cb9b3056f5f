{#- How large a break may be before the run fails; see vars in dbt_project.yml. -#}

{#- Of positions against the custodian: basis points of the portfolio's net asset value. -#}
{% macro custodian_tolerance_bp() -%}
    cast({{ var("custodian_tolerance_bp") }} as decimal(10, 4))
{%- endmacro %}

{#- Of positions against the session before, where a split rounds to whole units. -#}
{% macro rounded_units_after_split() -%}
    cast({{ var("rounded_units_after_split") }} as decimal(10, 4))
{%- endmacro %}

{#- Of what a portfolio begins with against its external flows: the first day has a profit too. -#}
{% macro opening_tolerance_rate() -%}
    cast({{ var("opening_tolerance_rate") }} as decimal(10, 4))
{%- endmacro %}

{#- Money that the profits of a period may differ from the change of net asset value without flows. -#}
{% macro profit_tolerance() -%}
    {{ var("profit_tolerance") }}
{%- endmacro %}
