-- found: no CREATE OR REPLACE TABLE
create or replace table marts.days as select current_date as business_date
