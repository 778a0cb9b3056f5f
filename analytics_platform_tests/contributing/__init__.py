"""The worked examples of docs/contributing, done as they stand there, in a copy of the checkout."""
