select
    first_value(close_local ignore nulls) over (
        partition by instrument_id
        order by business_date
        rows between unbounded preceding and current row
    ) as first_close
from lake.prices
