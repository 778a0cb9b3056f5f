"""What a delivery is and where the lake keeps it. Nothing is read or written here."""

from dataclasses import dataclass
from datetime import date, datetime

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


def object_key(table_name: str, of: Delivery) -> str:
    """Return where the rows of a delivery stand below the lake's own folder.

    Examples
    --------
    >>> day = date(2024, 1, 2)
    >>> object_key("prices", Delivery("d1", "vendor", day, day, datetime(2024, 1, 3, 5)))
    'prices/first_date=2024-01-02/last_date=2024-01-02/20240103T050000000000Z_d1.parquet'
    """
    return f"{table_name}/first_date={of.first_date}/last_date={of.last_date}/{of.file_name}"


def publication_key(table_name: str, of: Delivery) -> str:
    """Return where the row of `deliveries` stands that publishes a delivery of a table.

    One folder a table and month: a reader looks only at those of its table, and looks again only where
    something was added.
    """
    return f"{DELIVERIES.name}/{table_name}/{of.known_at:%Y-%m}/{of.file_name}"
