"""Builds `sample_data/deliveries` out of `sample_data/raw`, byte for byte the same. No product code."""
