"""Investment analytics from files to trusted numbers: a Dagster asset graph over pure code."""
