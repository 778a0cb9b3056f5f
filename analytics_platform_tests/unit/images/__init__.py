"""Dockerfiles and the budgets of their images, looked at without an engine."""
