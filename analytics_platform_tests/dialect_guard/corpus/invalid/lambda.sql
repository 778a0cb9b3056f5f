-- found: no operator ->
select list_transform(codes, x -> upper(x)) as codes from marts.codes
