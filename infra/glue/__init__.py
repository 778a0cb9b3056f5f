"""The Glue job that loads histories which are too large for one task: its script, and the list of jobs."""
