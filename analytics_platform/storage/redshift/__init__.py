"""Redshift: logging in, reading, loading and unloading with redshift-connector."""
