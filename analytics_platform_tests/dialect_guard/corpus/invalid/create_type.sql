-- found: no CREATE of an index, sequence, trigger or type
create type status as enum ('ok', 'missing')
