-- found: type serial
create table marts.numbered (place serial, name varchar(64))
