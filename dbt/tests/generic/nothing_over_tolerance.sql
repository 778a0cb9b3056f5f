{#- No break of the sessions that are built is over its tolerance; the largest are told first. -#}
{% test nothing_over_tolerance(model) %}
select
    business_date,
    check_name,
    portfolio_id,
    instrument_id,
    currency,
    column_name,
    left_name,
    left_value,
    right_name,
    right_value,
    difference,
    difference_base,
    tolerance
from {{ model }}
where
    is_over_tolerance
    and {{ is_in_session_range('business_date') }}
order by
    abs(difference) desc,
    business_date,
    portfolio_id,
    instrument_id
{% endtest %}
