"""The name of a delivered file tells dataset, source, dates and format. No content is read here."""

from datetime import date

from analytics_platform.ingestion.delivery_name import (
    DATES_AHEAD,
    EXTENSIONS,
    FIRST_DATE,
    RIGHT_NAMES,
    SNAPSHOT_AHEAD,
    DeliveryName,
    NameRefused,
    read_name,
)
from analytics_platform.ingestion.faults import DeliveryRefused, Finding
from analytics_platform.tables.registry import DELIVERED

__all__ = [
    "DATES_AHEAD",
    "EXTENSIONS",
    "FIRST_DATE",
    "RIGHT_NAMES",
    "SNAPSHOT_AHEAD",
    "DeliveryName",
    "parse_file_name",
]

_KINDS = {name: str(table.kind) for name, table in DELIVERED.items()}


def parse_file_name(name: str, arrived: date | None = None) -> DeliveryName:
    """Read dataset, source, dates and format from the name of a file in the landing zone.

    Parameters
    ----------
    name : str
        Path inside the landing zone: ``<dataset>/<source>_<date>[_<date>].<extension>``.
    arrived : date, optional
        Day that the file was put: its dates may lie a year ahead at most, a snapshot's a week.

    Returns
    -------
    DeliveryName
        What the name declares.

    Raises
    ------
    DeliveryRefused
        If the name says no dataset, source, date or format that is known; all faults are told.

    Examples
    --------
    >>> parse_file_name("positions/custodian-a_2013-02-28.xlsx").source
    'custodian-a'
    >>> parse_file_name("prices/vendor_2012-01-03_2013-03-01.csv.gz").extension
    'csv.gz'
    """
    try:
        return read_name(name, _KINDS, arrived)
    except NameRefused as refused:
        raise DeliveryRefused([_finding(name, fault) for fault in refused.faults]) from refused


def _finding(name: str, message: str) -> Finding:
    return Finding(file=name, message=message, cure=f"Rename it as in {RIGHT_NAMES}")
