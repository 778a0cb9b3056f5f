"""Pipelines and releases: what runs on GitHub, held against the recipes; what a release refuses."""
