-- found: count_if()
select count_if(status = 'missing') as n_missing from marts.fct_position_values
