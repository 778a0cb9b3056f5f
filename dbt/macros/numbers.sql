{#-
    The number types, in one place. Sums and products of money stay decimal, every quotient goes through
    safe_divide: so DuckDB and Redshift give the same numbers.
-#}

{#- Money, rounded to 8 places. -#}
{% macro money(expression) -%}
    cast(round({{ expression }}, 8) as decimal(38, 8))
{%- endmacro %}

{#-
    Money that comes out of doubles, rounded to 4 places: with large sums a double holds no more, and engines differ
    in what they make of the rest.
-#}
{% macro money_of_doubles(expression) -%}
    cast(round({{ expression }}, 4) as decimal(38, 8))
{%- endmacro %}

{#- Worth of one unit of an instrument, rounded to 14 places: a price for 100 keeps its 12. -#}
{% macro unit_value(expression) -%}
    cast(round({{ expression }}, 14) as decimal(38, 14))
{%- endmacro %}

{#- A rate, a weight or an exchange rate, rounded to 12 places. -#}
{% macro rate(expression) -%}
    cast(round({{ expression }}, 12) as decimal(20, 12))
{%- endmacro %}

{#- Quotient of two numbers with 12 places; null when the denominator is null or 0. -#}
{% macro safe_divide(numerator, denominator) -%}
    cast(
        round(cast({{ numerator }} as double precision) / nullif(cast({{ denominator }} as double precision), 0), 12)
        as decimal(38, 12)
    )
{%- endmacro %}
