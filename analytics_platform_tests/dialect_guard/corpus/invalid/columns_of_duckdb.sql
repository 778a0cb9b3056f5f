-- found: COLUMNS(...)
select columns('.*_base') from marts.fct_position_values
