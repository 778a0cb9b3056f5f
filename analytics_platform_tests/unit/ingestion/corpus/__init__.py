"""Nasty files with known answers, built when the tests run."""
