-- found: no join that is none of
select prices.close_local
from marts.positions
asof join marts.prices
    on positions.business_date >= prices.business_date
