-- found: char of 5000 bytes
create table marts.notes (note char(5000))
