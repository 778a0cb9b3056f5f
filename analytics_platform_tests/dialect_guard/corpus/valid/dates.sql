select
    dateadd(day, -5, business_date) as before,
    datediff(day, first_date, last_date) as days,
    date_trunc('month', business_date) as month,
    extract(year from business_date) as year,
    last_day(business_date) as month_end,
    date_part(dow, business_date) as weekday,
    add_months(business_date, 1) as next_month,
    current_date as today
from lake.deliveries
