-- found: strftime()
select strftime(business_date, '%Y-%m') as month from lake.positions
