create or replace view staging.stg_prices as select business_date, instrument_id from lake.prices with no schema binding
