-- found: concat takes two texts
select concat('a', 'b', 'c') as joined
