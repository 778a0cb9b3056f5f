-- found: no IS NOT DISTINCT FROM
select 1 as same from lake.positions where book is not distinct from source
