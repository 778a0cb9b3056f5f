"""The lake in the Glue catalogue, where Redshift and Athena find its tables and partitions."""
