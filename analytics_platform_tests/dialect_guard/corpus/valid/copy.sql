copy stage_positions from 's3://bucket/run.manifest' iam_role default format as parquet manifest
