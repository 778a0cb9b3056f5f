-- found: no IS DISTINCT FROM
select a.portfolio_id
from lake.positions as a
inner join lake.positions as b
    on a.portfolio_id = b.portfolio_id
where
    a.quantity is distinct from b.quantity
