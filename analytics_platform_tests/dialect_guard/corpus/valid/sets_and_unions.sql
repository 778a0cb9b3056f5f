select portfolio_id from lake.portfolios
union all
select portfolio_id from lake.positions
union
select portfolio_id from marts.days
order by portfolio_id
limit 10 offset 5
