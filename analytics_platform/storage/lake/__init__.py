"""Immutable deliveries of each table, and what of them is current."""
