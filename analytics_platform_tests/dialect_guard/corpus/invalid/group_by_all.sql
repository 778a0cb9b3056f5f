-- found: no GROUP BY ALL
select portfolio_id, sum(quantity) as quantity from lake.positions group by all
