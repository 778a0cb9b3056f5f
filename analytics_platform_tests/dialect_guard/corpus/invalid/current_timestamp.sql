-- found: leader node only
select portfolio_id, current_timestamp as read_at from lake.portfolios
