-- found: no PARTITION BY
create table marts.by_day (business_date date, quantity decimal(20, 8)) partition by range (business_date)
