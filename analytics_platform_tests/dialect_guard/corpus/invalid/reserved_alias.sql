-- found: tag is a reserved word
select portfolio_id as tag from lake.portfolios
