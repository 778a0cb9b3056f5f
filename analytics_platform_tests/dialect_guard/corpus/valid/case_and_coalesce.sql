select
    case status when 'ok' then 1 else 0 end as is_ok,
    coalesce(reason, 'none') as reason,
    nullif(quantity, 0) as quantity,
    greatest(quantity, 0) as long_quantity,
    least(quantity, 0) as short_quantity
from marts.fct_position_values
