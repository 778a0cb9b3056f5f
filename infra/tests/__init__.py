"""Tests of the infrastructure: run by `make test-infra` in its own environment."""
