begin;
lock table marts.days;
delete from marts.days where business_date = '2013-02-28';
commit
