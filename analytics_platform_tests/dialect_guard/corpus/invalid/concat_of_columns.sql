-- found: concat takes two texts
select concat(portfolio_id, '/', instrument_id) as held from marts.fct_position_values
