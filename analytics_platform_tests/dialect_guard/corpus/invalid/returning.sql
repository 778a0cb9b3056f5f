-- found: no RETURNING
delete from marts.days where business_date < '2013-01-01' returning business_date
