-- found: now()
select now() as read_at from lake.portfolios
