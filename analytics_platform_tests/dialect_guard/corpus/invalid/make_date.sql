-- found: make_date()
select make_date(2013, 2, 28) as business_date
