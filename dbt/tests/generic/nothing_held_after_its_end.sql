{#-
    No option is held after its expiry, no bond after its maturity, no future after its last trade. Told as the
    finding held_after_end.
-#}
{% test nothing_held_after_its_end(model) %}
select
    held.business_date,
    held.portfolio_id,
    held.instrument_id,
    coalesce(
        options.expiry_date, bonds.maturity_date, forwards.settlement_date, instruments.last_trade_date
    ) as end_date
from {{ model }} as held
inner join {{ ref('stg_instruments') }} as instruments
    on held.instrument_id = instruments.instrument_id
left join {{ ref('stg_option_terms') }} as options
    on held.instrument_id = options.instrument_id
left join {{ ref('stg_bond_terms') }} as bonds
    on held.instrument_id = bonds.instrument_id
left join {{ ref('stg_fx_forward_terms') }} as forwards
    on held.instrument_id = forwards.instrument_id
where
    held.instrument_type in ('option', 'bond', 'future', 'fx_forward')
    and held.business_date
    > coalesce(
        options.expiry_date, bonds.maturity_date, forwards.settlement_date, instruments.last_trade_date
    )
    and held.quantity <> 0
    and {{ is_in_session_range('held.business_date') }}
{% endtest %}
