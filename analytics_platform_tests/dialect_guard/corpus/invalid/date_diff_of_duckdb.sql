-- found: date_diff()
select date_diff('day', first_date, last_date) as days from lake.deliveries
