{#- Every row has a value: the status rows that readers see are told here as well. -#}
{% test no_missing_values(model) %}
select
    business_date,
    portfolio_id,
    instrument_id,
    reason
from {{ model }}
where
    status = 'missing'
    and {{ is_in_session_range('business_date') }}
{% endtest %}
