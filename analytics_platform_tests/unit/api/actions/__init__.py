"""Tests of what callers may set going."""
