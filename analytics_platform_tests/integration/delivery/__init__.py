"""Releases built from real checkouts, and put into emulated AWS."""
