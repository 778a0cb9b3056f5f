-- found: no UNNEST
select code from unnest(['a', 'b']) as codes (code)
