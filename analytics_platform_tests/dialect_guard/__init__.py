"""What Redshift refuses and PostgreSQL, so the double, takes: found in compiled SQL, without a cluster."""
