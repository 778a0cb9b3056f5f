-- found: no array
select array['a', 'b'] as codes
