-- found: no * with RENAME
select * rename (name as title) from lake.portfolios
