select portfolio_id, book, sum(quantity) as quantity
from lake.positions
group by grouping sets ((portfolio_id), (book))
