"""The SQL models before risk: staging, intermediate, marts."""
