{#- No option is held after its expiry, no bond after its maturity. -#}
{% test nothing_held_after_its_end(model) %}
select
    held.business_date,
    held.portfolio_id,
    held.instrument_id,
    instruments.last_trade_date
from {{ model }} as held
inner join {{ ref('stg_instruments') }} as instruments
    on held.instrument_id = instruments.instrument_id
where
    held.instrument_type in ('option', 'bond')
    and held.business_date > instruments.last_trade_date
    and held.quantity <> 0
    and {{ is_in_session_range('held.business_date') }}
{% endtest %}
