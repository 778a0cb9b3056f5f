-- found: string_agg()
select portfolio_id, string_agg(instrument_id, ',') as held from lake.positions group by portfolio_id
