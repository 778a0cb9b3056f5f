"""Where the sample's files are, and the dates that it spans."""

from datetime import date
from pathlib import Path

RAW = Path(__file__).resolve().parents[1] / "raw"
DELIVERIES = RAW.parent / "deliveries"

FIRST_SESSION = date(2003, 1, 2)
LAST_SESSION = date(2013, 3, 1)
"""The portfolios start on the first and are delivered up to the last of these sessions."""
