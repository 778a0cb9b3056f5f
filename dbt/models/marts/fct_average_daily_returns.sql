select
    business_date,
    cast(round(100 * avg(cast(total_return_rate as double precision)), 4) as decimal(20, 4))
        as average_return_pct,
    cast(round(100 * avg(cast(raw_return_rate as double precision)), 4) as decimal(20, 4))
        as raw_average_return_pct,
    cast(count(*) as bigint) as n_stocks
from {{ ref('int_stock_days') }}
where
    total_return_rate is not null
    and raw_return_rate is not null
group by business_date
