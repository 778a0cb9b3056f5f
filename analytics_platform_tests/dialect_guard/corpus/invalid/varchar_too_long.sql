-- found: varchar of 70000 bytes
select cast(reason as varchar(70000)) as reason from marts.fct_position_values
