"""Tests of the tests: a measure with one line changed must not pass."""
