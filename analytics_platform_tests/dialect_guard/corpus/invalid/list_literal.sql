-- found: no array
select ['a', 'b'] as codes
