-- Run once by the image of PostgreSQL, in an empty volume: the ledger has a database of its own beside Dagster's.
create database ledger;
