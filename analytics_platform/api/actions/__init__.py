"""What callers may set going: runs of Dagster, and files for the landing zone."""
