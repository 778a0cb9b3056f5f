"""Extracts of what is too large to publish: asked for, made elsewhere, fetched as a file."""
