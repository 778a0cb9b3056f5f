-- found: no FILTER clause
select
    portfolio_id,
    count(*) filter (where status = 'missing') as n_missing
from marts.fct_position_values
group by portfolio_id
