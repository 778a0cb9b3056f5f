-- found: type json
select cast(payload as json) as payload from marts.events
