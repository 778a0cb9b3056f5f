-- list(x) and array_agg(y) in a comment are nobody's business
select 'now() -> [1] delta' as told /* generate_series(1, 2) */
