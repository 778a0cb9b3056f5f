-- found: no VALUES as a table
select code from (values ('a'), ('b')) as codes (code)
