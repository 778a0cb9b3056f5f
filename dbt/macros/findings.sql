{#- Parts of the messages that a data steward reads. -#}

{#- A number with few places, as text. -#}
{% macro shown_number(expression, places=2) -%}
    cast(cast(round({{ expression }}, {{ places }}) as decimal(38, {{ places }})) as varchar(40))
{%- endmacro %}

{#- A rate as a percentage, as text. -#}
{% macro shown_percentage(expression) -%}
    {{ shown_number('100 * (' ~ expression ~ ')') }} || ' %'
{%- endmacro %}

{#- A date as text. -#}
{% macro shown_date(expression) -%}
    cast({{ expression }} as varchar(10))
{%- endmacro %}
