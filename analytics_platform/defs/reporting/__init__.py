"""The SQL models after risk."""
