delete from marts.days
where business_date between cast('2013-02-25' as date) and cast('2013-03-01' as date);

insert into marts.days (business_date, portfolio_id)
select business_date, portfolio_id
from stage_days
