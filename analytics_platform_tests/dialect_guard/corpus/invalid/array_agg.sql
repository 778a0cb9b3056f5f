-- found: array_agg()
select portfolio_id, array_agg(instrument_id) as held
from marts.fct_position_values
group by portfolio_id
