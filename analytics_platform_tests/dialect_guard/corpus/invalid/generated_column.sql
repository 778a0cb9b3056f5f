-- found: no generated column
create table marts.sums (a bigint, b bigint generated always as (a * 2) stored)
