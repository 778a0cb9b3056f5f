select instrument_id, close_local
from (
    select
        instrument_id,
        close_local,
        row_number() over (partition by instrument_id order by business_date desc nulls last) as newest_first
    from lake.prices
) as numbered
where newest_first = 1
