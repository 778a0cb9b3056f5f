-- found: no ON CONFLICT
insert into marts.days select business_date from lake.trading_sessions on conflict do nothing
