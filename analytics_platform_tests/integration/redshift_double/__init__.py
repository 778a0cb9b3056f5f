"""PostgreSQL, not Redshift: what speaks Redshift's protocol, COPY, UNLOAD and external tables in tests.

Real are the connector, the dbt adapter, transactions, locks, S3 over HTTP. Not there are Redshift's planner,
its limits of dialect and its speed: what only a cluster can prove is listed in the documentation.
"""
