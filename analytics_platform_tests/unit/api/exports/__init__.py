"""Exports: over a lake on the disk for real, by Athena against an emulation."""
