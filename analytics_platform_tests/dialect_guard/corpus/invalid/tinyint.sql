-- found: type tinyint
create table marts.flags (flag tinyint)
