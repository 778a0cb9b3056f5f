"""What a delivery is and where the lake keeps it. Nothing is read or written here."""

from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

from analytics_platform.tables.platform import DELIVERIES

COPIES = ".by_instrument"
"""Folder of the copies in order of instrument; the dot keeps it out of every listing of tables."""


@dataclass(frozen=True)
class Delivery:
    """What makes rows one delivery.

    Attributes
    ----------
    delivery_id : str
        Name of the delivery: the same content of the same file, or the same run, has the same name.
    source : str
        Who sent it.
    first_date, last_date : date
        Dates that the delivery declares to cover, both included.
    known_at : datetime
        When it was put, in UTC.
    """

    delivery_id: str
    source: str
    first_date: date
    last_date: date
    known_at: datetime

    @property
    def file_name(self) -> str:
        """Name of its files."""
        return f"{self.known_at:%Y%m%dT%H%M%S%fZ}_{self.delivery_id}.parquet"


def object_path(root: Path, table_name: str, of: Delivery) -> Path:
    """Return where the rows of a delivery stand."""
    dates = Path(f"first_date={of.first_date}", f"last_date={of.last_date}")
    return root / table_name / dates / of.file_name


def publication_path(root: Path, table_name: str, of: Delivery) -> Path:
    """Return where the row of `deliveries` stands that publishes a delivery of a table.

    One folder a table and month: a reader looks only at those of its table, and looks again only where
    something was added.
    """
    return root / DELIVERIES.name / table_name / f"{of.known_at:%Y-%m}" / of.file_name
