-- found: no operator ->>
select payload ->> 'name' as name from marts.events
