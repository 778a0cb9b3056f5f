{#- A price or a payment is in the currency of its instrument. -#}
{% test currency_is_that_of_the_instrument(model) %}
select
    priced.instrument_id,
    priced.currency,
    instruments.currency as instrument_currency,
    count(*) as n_rows,
    min(priced.delivery_id) as first_delivery_id
from {{ model }} as priced
inner join {{ ref('stg_instruments') }} as instruments
    on priced.instrument_id = instruments.instrument_id
where priced.currency <> instruments.currency
group by priced.instrument_id, priced.currency, instruments.currency
{% endtest %}
