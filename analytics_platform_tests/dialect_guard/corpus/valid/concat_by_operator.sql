select coalesce(portfolio_id, '') || '/' || instrument_id as held from lake.positions
