-- found: delta is a reserved word
select
    instrument_id,
    delta
from lake.option_greeks
