"""Tests of the HTTP application, in process."""
