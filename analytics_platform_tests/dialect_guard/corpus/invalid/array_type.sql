-- found: type array
select cast(null as integer[]) as held
