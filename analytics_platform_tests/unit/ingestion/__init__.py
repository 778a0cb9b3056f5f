"""Tests of `analytics_platform.ingestion`."""
