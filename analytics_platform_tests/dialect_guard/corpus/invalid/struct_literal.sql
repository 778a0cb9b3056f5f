-- found: no struct
select {'a': 1} as pair
