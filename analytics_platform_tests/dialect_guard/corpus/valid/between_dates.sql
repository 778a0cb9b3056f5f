select * from lake.prices where business_date between cast('2013-02-25' as date) and date '2013-03-01'
