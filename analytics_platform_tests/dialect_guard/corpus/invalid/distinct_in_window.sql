-- found: DISTINCT in a window
select count(distinct instrument_id) over (partition by portfolio_id) as held
from marts.fct_position_values
