"""The command `analytics`: arguments, progress and tables on a terminal. Nothing is computed here."""
