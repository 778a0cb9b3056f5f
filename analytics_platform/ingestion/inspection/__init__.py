"""A draft dialect from a file that nobody has described yet."""
