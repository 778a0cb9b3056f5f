select
    quantity::decimal(38, 8) as quantity,
    cast(volume as double precision) as volume,
    known_at::timestamp as known_at,
    cast(row_number as bigint) as place,
    cast(null as varchar) as reason
from lake.prices
