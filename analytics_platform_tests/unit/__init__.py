"""Tests of pure code, in milliseconds each."""
