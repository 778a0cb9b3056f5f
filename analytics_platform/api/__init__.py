"""HTTP over the published extract. No query, no calculation."""
