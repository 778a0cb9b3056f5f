-- found: no ORDER BY ALL
select portfolio_id, book from lake.positions order by all
