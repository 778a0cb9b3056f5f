-- found: no FOR UPDATE
select portfolio_id from lake.portfolios for update
