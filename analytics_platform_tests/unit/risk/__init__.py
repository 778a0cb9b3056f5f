"""Tests of the pure risk calculations."""
