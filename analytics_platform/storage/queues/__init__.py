"""Queues of messages: what is received comes back until it is deleted."""
