create external table lake.prices (instrument_id varchar(64), close_local decimal(20, 8))
partitioned by (first_date date, last_date date)
stored as parquet
location 's3://bucket/lake/prices/'
