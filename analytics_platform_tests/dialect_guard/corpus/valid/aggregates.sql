select
    portfolio_id,
    count(*) as n,
    count(distinct instrument_id) as n_instruments,
    sum(quantity) as quantity,
    min(business_date) as first_date,
    max(business_date) as last_date,
    stddev_samp(quantity) as deviation
from lake.positions
group by portfolio_id
having count(*) > 1
