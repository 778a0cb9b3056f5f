"""The process of its own in which files are parsed, and both sides of the talk with it."""
