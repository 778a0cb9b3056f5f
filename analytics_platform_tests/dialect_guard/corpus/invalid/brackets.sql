-- found: no subscript
select codes[1] as first_code from marts.codes
