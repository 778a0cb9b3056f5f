-- found: in the ON of an outer join
select p.portfolio_id
from lake.portfolios as p
left join lake.positions as held
    on
        p.portfolio_id = held.portfolio_id
        and held.business_date = (
            select max(s.business_date) from lake.trading_sessions as s
            where s.business_date <= held.business_date
        )
