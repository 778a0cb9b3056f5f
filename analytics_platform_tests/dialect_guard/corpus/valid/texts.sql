select
    substring(name, 1, 3) as start,
    upper(trim(name)) as loud,
    replace(name, ' ', '_') as joined,
    split_part(name, '.', 2) as second,
    length(name) as n,
    left(name, 2) as first_two,
    lpad(name, 10, '0') as padded,
    strpos(name, 'x') as place,
    md5(name) as hashed,
    position('x' in name) as also_place
from lake.portfolios
where name ilike '%bond%' or name ~ '^EQ'
