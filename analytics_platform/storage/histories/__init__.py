"""Histories that are too large for one delivery: cut into deliveries, loaded by several workers at once."""
