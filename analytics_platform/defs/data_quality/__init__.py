"""Checks of the data that people deliver, over the findings that SQL and the risk step leave behind."""
