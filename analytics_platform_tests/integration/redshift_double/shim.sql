-- What Redshift has and PostgreSQL lacks: functions, system views. Run once, in the template of all databases.
set allow_system_table_mods = on;
create schema redshift_double;
grant usage on schema redshift_double to public;

create table redshift_double.history (
    query_id bigint, session_id int, user_name text, query_label text, query_type text, status text,
    start_time timestamp, end_time timestamp, elapsed_time double precision, error_message text, query_text text
);
create table redshift_double.load_errors (
    query_id bigint, session_id int, start_time timestamp, file_name text, line_number bigint, column_name text,
    error_code int, error_message text
);
create table redshift_double.external_schemas (schemaname text, databasename text);
create table redshift_double.external_tables (schemaname text, tablename text, location text);
create table redshift_double.external_columns (
    schemaname text, tablename text, columnname text, external_type text, columnnum int, part_key int
);
create table redshift_double.external_partitions (schemaname text, tablename text, "values" text, location text);

create view pg_catalog.sys_query_history as
select
    query_id, query_label, session_id, current_database()::text as database_name, query_type, status,
    start_time, end_time, elapsed_time::bigint as elapsed_time, elapsed_time::bigint as execution_time,
    0::bigint as queue_time, error_message, query_text
from redshift_double.history;
create view pg_catalog.stl_query as
select
    query_id as query, session_id as pid, query_label as label, current_database()::text as "database",
    query_text as querytxt, start_time as starttime, end_time as endtime,
    (status = 'failed')::int as aborted
from redshift_double.history;
create view pg_catalog.sys_load_error_detail as
select
    query_id, session_id, start_time, file_name, line_number, column_name, ''::text as column_type,
    ''::text as column_length, 0 as position, error_code, error_message
from redshift_double.load_errors;
create view pg_catalog.stl_load_errors as
select
    0 as slice, 0 as tbl, start_time as starttime, session_id as session, query_id as query,
    file_name as filename, line_number, column_name as colname, ''::text as type, ''::text as col_length,
    0 as position, ''::text as raw_line, ''::text as raw_field_value, error_code as err_code,
    left(error_message, 100) as err_reason
from redshift_double.load_errors;
create view pg_catalog.svv_external_schemas as
select
    n.oid as esoid, 1 as eskind, s.schemaname, n.nspowner as esowner, s.databasename, ''::text as esoptions
from redshift_double.external_schemas as s
inner join pg_catalog.pg_namespace as n on n.nspname = s.schemaname;
create view pg_catalog.svv_external_tables as
select
    schemaname, tablename, 'EXTERNAL'::text as tabletype, location,
    'org.apache.hadoop.hive.ql.io.parquet.MapredParquetInputFormat'::text as input_format
from redshift_double.external_tables;
create view pg_catalog.svv_external_columns as
select schemaname, tablename, columnname, external_type, columnnum, part_key, 'true'::text as is_nullable
from redshift_double.external_columns;
create view pg_catalog.svv_external_partitions as
select schemaname, tablename, "values", location from redshift_double.external_partitions;

-- External tables stand as views; what lists native relations must not list them.
alter view information_schema.columns rename to columns_of_postgresql;
create view information_schema.columns as
select * from information_schema.columns_of_postgresql
where table_schema not in (select s.schemaname from redshift_double.external_schemas as s);

create view pg_catalog.svv_table_info as
select
    current_database()::text as "database", n.nspname::text as "schema", c.oid as table_id,
    c.relname::text as "table", 'N'::text as encoded, 'AUTO(ALL)'::text as diststyle, null::text as sortkey1,
    0 as max_varchar, null::text as sortkey1_enc, 0 as sortkey_num, 1::bigint as size, 0.0::numeric as pct_used,
    null::numeric as unsorted, 0.0::numeric as stats_off, greatest(c.reltuples, 0)::numeric as tbl_rows,
    0.0::numeric as skew_sortkey1, 0.0::numeric as skew_rows
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where c.relkind = 'r' and n.nspname not in ('pg_catalog', 'information_schema', 'redshift_double');
create view pg_catalog.svv_tables as
select
    table_catalog::text, table_schema::text, table_name::text, table_type::text, null::text as remarks
from information_schema.tables
where table_schema not in (select s.schemaname from redshift_double.external_schemas as s)
union all
select current_database()::text, schemaname, tablename, 'EXTERNAL TABLE', null
from redshift_double.external_tables;
create view pg_catalog.svv_all_tables as
select
    table_catalog as database_name, table_schema as schema_name, table_name, table_type, remarks
from pg_catalog.svv_tables;
create view pg_catalog.svv_redshift_columns as
select
    table_catalog::text as database_name, table_schema::text as schema_name, table_name::text, column_name::text,
    ordinal_position::int, data_type::text, column_default::text, is_nullable::text, 'none'::text as encoding,
    false as distkey, 0 as sortkey, null::text as column_acl, null::text as remarks
from information_schema.columns;
create view pg_catalog.svv_all_columns as
select
    table_catalog::text as database_name, table_schema::text as schema_name, table_name::text, column_name::text,
    ordinal_position::int, column_default::text, is_nullable::text, data_type::text,
    character_maximum_length::int, numeric_precision::int, numeric_scale::int, null::text as remarks
from information_schema.columns;
create view pg_catalog.svv_columns as
select
    table_catalog::text, table_schema::text, table_name::text, column_name::text, ordinal_position::int,
    column_default::text, is_nullable::text, data_type::text, character_maximum_length::int,
    numeric_precision::int, numeric_precision_radix::int, numeric_scale::int
from information_schema.columns;
create view pg_catalog.svv_relation_privileges as
select
    n.nspname::text as namespace_name, c.relname::text as relation_name, a.privilege_type::text,
    case when a.grantee = 0 then 'public' else r.rolname::text end as identity_name,
    case when a.grantee = 0 then 'public' when r.rolcanlogin then 'user' else 'group' end as identity_type
from pg_catalog.pg_class as c
inner join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
cross join lateral aclexplode(c.relacl) as a
left join pg_catalog.pg_roles as r on r.oid = a.grantee;

create function pg_catalog.pg_get_late_binding_view_cols() returns setof record language sql stable as $$
    select null::name, null::name, null::name, null::varchar, null::int where false
$$;
create function pg_catalog.pg_last_query_id() returns bigint language sql stable as $$
    select nullif(current_setting('redshift.last_query_id', true), '')::bigint
$$;
create function pg_catalog.pg_last_copy_id() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('redshift.last_copy_id', true), '')::bigint, -1)
$$;
create function pg_catalog.pg_last_copy_count() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('redshift.last_copy_count', true), '')::bigint, 0)
$$;
create function pg_catalog.pg_last_unload_id() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('redshift.last_unload_id', true), '')::bigint, -1)
$$;
create function pg_catalog.pg_last_unload_count() returns bigint language sql stable as $$
    select coalesce(nullif(current_setting('redshift.last_unload_count', true), '')::bigint, 0)
$$;

create function redshift_double.version() returns text language sql immutable as $$
    select 'PostgreSQL 8.0.2 on i686-pc-linux-gnu, compiled by GCC, Redshift 1.0.0 (a double: PostgreSQL)'
$$;
create function pg_catalog.getdate() returns timestamp language sql stable as $$
    select date_trunc('seconds', now() at time zone 'utc')
$$;
create function redshift_double.sysdate() returns timestamp language sql stable as $$
    select now() at time zone 'utc'
$$;

create function redshift_double.part(named text) returns text language sql immutable as $$
    select case
        when lower(named) in ('year', 'years', 'y', 'yr') then 'year'
        when lower(named) in ('quarter', 'quarters', 'qtr') then 'quarter'
        when lower(named) in ('month', 'months', 'mon') then 'month'
        when lower(named) in ('week', 'weeks', 'w') then 'week'
        when lower(named) in ('day', 'days', 'd') then 'day'
        when lower(named) in ('hour', 'hours', 'h', 'hr') then 'hour'
        when lower(named) in ('minute', 'minutes', 'min', 'm') then 'minute'
        when lower(named) in ('second', 'seconds', 'sec', 's') then 'second'
        when lower(named) in ('millisecond', 'milliseconds', 'ms') then 'millisecond'
        else 'microsecond'
    end
$$;
create function pg_catalog.datediff(part text, a timestamp, b timestamp) returns bigint language sql immutable as $$
    select case redshift_double.part(part)
        when 'year' then extract(year from b) - extract(year from a)
        when 'quarter'
            then (extract(year from b) - extract(year from a)) * 4 + extract(quarter from b) - extract(quarter from a)
        when 'month'
            then (extract(year from b) - extract(year from a)) * 12 + extract(month from b) - extract(month from a)
        -- A week begins on a Sunday here.
        when 'week' then floor(((b::date - date '2000-01-02') - (a::date - date '2000-01-02')
            + mod(mod(a::date - date '2000-01-02', 7) + 7, 7) - mod(mod(b::date - date '2000-01-02', 7) + 7, 7)) / 7.0)
        when 'day' then b::date - a::date
        when 'hour' then extract(epoch from date_trunc('hour', b) - date_trunc('hour', a)) / 3600
        when 'minute' then extract(epoch from date_trunc('minute', b) - date_trunc('minute', a)) / 60
        when 'second' then extract(epoch from date_trunc('second', b) - date_trunc('second', a))
        when 'millisecond' then extract(epoch from date_trunc('milliseconds', b) - date_trunc('milliseconds', a)) * 1e3
        else extract(epoch from b - a) * 1e6
    end::bigint
$$;
create function pg_catalog.datediff(part text, a date, b date) returns bigint language sql immutable as $$
    select datediff(part, a::timestamp, b::timestamp)
$$;
create function pg_catalog.datediff(part text, a timestamptz, b timestamptz) returns bigint language sql stable as $$
    select datediff(part, a at time zone 'utc', b at time zone 'utc')
$$;
create function pg_catalog.dateadd(part text, n bigint, d timestamp) returns timestamp language sql immutable as $$
    select d + case redshift_double.part(part)
        when 'quarter' then make_interval(months => (n * 3)::int)
        else (n || ' ' || redshift_double.part(part))::interval
    end
$$;
create function pg_catalog.dateadd(part text, n bigint, d date) returns timestamp language sql immutable as $$
    select dateadd(part, n, d::timestamp)
$$;
create function pg_catalog.dateadd(part text, n bigint, d timestamptz)
returns timestamptz language sql stable as $$
    select dateadd(part, n, d at time zone 'utc') at time zone 'utc'
$$;
create function pg_catalog.add_months(d timestamp, n bigint) returns timestamp language sql immutable as $$
    select case
        when d::date = (date_trunc('month', d) + interval '1 month' - interval '1 day')::date
            then date_trunc('month', d) + make_interval(months => n::int + 1) - interval '1 day' + (d - d::date)
        else d + make_interval(months => n::int)
    end
$$;
create function pg_catalog.last_day(d timestamp) returns date language sql immutable as $$
    select (date_trunc('month', d) + interval '1 month' - interval '1 day')::date
$$;
create function pg_catalog.trunc(d timestamp) returns date language sql immutable as $$ select d::date $$;
create function pg_catalog.convert_timezone(zone text, d timestamp) returns timestamp language sql immutable as $$
    select d at time zone 'utc' at time zone zone
$$;
create function pg_catalog.convert_timezone(source text, zone text, d timestamp)
returns timestamp language sql immutable as $$
    select d at time zone source at time zone zone
$$;

create function pg_catalog.nvl(anycompatible, anycompatible) returns anycompatible language sql immutable as $$
    select coalesce($1, $2)
$$;
create function pg_catalog.nvl(anycompatible, anycompatible, anycompatible)
returns anycompatible language sql immutable as $$
    select coalesce($1, $2, $3)
$$;
create function pg_catalog.nvl2(anyelement, anycompatible, anycompatible)
returns anycompatible language sql immutable as $$
    select case when $1 is not null then $2 else $3 end
$$;
create function pg_catalog.len(text) returns int language sql immutable as $$ select length($1) $$;
create function pg_catalog.charindex(text, text) returns int language sql immutable as $$ select strpos($2, $1) $$;
-- PostgreSQL rounds doubles half to even, and knows no places for them; through numeric it would lose digits.
create function redshift_double.half_away(double precision) returns double precision language sql immutable as $$
    select sign($1) * (floor(abs($1)) + case when abs($1) - floor(abs($1)) >= 0.5 then 1 else 0 end)
$$;
create function pg_catalog.round(double precision, int) returns double precision language sql immutable as $$
    select redshift_double.half_away($1 * 10::double precision ^ $2) / 10::double precision ^ $2
$$;
create function redshift_double.middle(double precision[]) returns double precision language sql immutable as $$
    select percentile_cont(0.5) within group (order by value) from unnest($1) as value
$$;
create aggregate pg_catalog.median(double precision) (
    sfunc = array_append, stype = double precision[], finalfunc = redshift_double.middle, initcond = '{}'
);

create function redshift_double.json_text(text, variadic text[]) returns text language sql immutable as $$
    select $1::json #>> $2
$$;
