-- found: no CHECK constraint
create table marts.weights (weight decimal(20, 12) check (weight >= 0))
