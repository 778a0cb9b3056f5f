select portfolio_id, listagg(instrument_id, ',') within group (order by instrument_id) as held
from lake.positions
group by portfolio_id
