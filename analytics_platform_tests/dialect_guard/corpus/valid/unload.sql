unload ('select business_date from marts.days') to 's3://bucket/out/' iam_role default format as parquet manifest
