select getdate() as read_at, portfolio_id from lake.portfolios
