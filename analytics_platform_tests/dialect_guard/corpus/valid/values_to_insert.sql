insert into marts.days (business_date, portfolio_id) values ('2013-02-28', 'GLOBAL'), ('2013-03-01', 'GLOBAL')
