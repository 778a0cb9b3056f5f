-- found: no CREATE of an index
create index by_day on marts.fct_position_values (business_date)
