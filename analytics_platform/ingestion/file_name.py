"""The name of a delivered file tells dataset, source, dates and format. No content is read here."""

import difflib
import re
from dataclasses import dataclass
from datetime import date, timedelta

from analytics_platform.ingestion.faults import DeliveryRefused, Finding, shown
from analytics_platform.tables.registry import DELIVERED

FIRST_DATE = date(1900, 1, 1)
DATES_AHEAD = timedelta(days=366)
SNAPSHOT_AHEAD = timedelta(days=7)
EXTENSIONS = ("csv", "tsv", "csv.gz", "xlsx", "xls", "ods", "parquet", "jsonl", "jsonl.gz")
RIGHT_NAMES = "positions/custodian-a_2013-02-28.xlsx or prices/vendor_2012-01-03_2013-03-01.csv"

_NAME = re.compile(
    r"(?P<dataset>[^/]*)/(?P<source>[^/_]*)_(?P<first>\d{4}-\d\d-\d\d)(?:_(?P<last>\d{4}-\d\d-\d\d))?"
    r"\.(?P<extension>[^/]*)",
    re.ASCII,
)
_SOURCE = re.compile(r"[a-z0-9-]{1,64}")


@dataclass(frozen=True)
class DeliveryName:
    """What the name of a delivered file declares.

    Attributes
    ----------
    dataset : str
        Table that the file fills.
    source : str
        Who sent it: lower-case letters, digits and hyphens.
    first_date, last_date : date
        Calendar dates that the content covers, inclusive.
    extension : str
        Format, one of `EXTENSIONS`.
    """

    dataset: str
    source: str
    first_date: date
    last_date: date
    extension: str

    @property
    def dates(self) -> str:
        """The declared dates as text: one date, or first and last."""
        if self.first_date == self.last_date:
            return f"{self.first_date}"
        return f"{self.first_date} to {self.last_date}"

    def __str__(self) -> str:
        """Write the name as it stands in the landing zone."""
        last = "" if self.first_date == self.last_date else f"_{self.last_date}"
        return f"{self.dataset}/{self.source}_{self.first_date}{last}.{self.extension}"


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
    match = _NAME.fullmatch(name)
    if match is None:
        raise DeliveryRefused([_finding(name, "the name does not tell dataset, source and date")])
    first = _real_date(match["first"])
    last = _real_date(match["last"] or match["first"])
    faults = [
        *_dataset_faults(match["dataset"]),
        *_source_faults(match["source"]),
        *_date_faults(match, first, last),
        *_far_dates(match["dataset"], first, last, arrived),
        *_extension_faults(match["extension"]),
    ]
    if faults or first is None or last is None:
        raise DeliveryRefused([_finding(name, fault) for fault in faults])
    return DeliveryName(match["dataset"], match["source"], first, last, match["extension"])


def _real_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _dataset_faults(dataset: str) -> list[str]:
    if dataset in DELIVERED:
        return []
    close = difflib.get_close_matches(dataset, DELIVERED, n=3) or sorted(DELIVERED)
    return [f"there is no dataset '{shown(dataset)}'; is one of these meant: {', '.join(close)}"]


def _source_faults(source: str) -> list[str]:
    if _SOURCE.fullmatch(source):
        return []
    return [f"the source '{shown(source)}' may hold only lower-case letters, digits and hyphens, at most 64"]


def _date_faults(match: re.Match[str], first: date | None, last: date | None) -> list[str]:
    faults = [
        f"there is no date {text}"
        for text, real in ((match["first"], first), (match["last"], last))
        if real is None and text is not None
    ]
    if first is not None and last is not None and first > last:
        faults.append(f"the first date {first} is after the last date {last}")
    return faults


def _far_dates(dataset: str, first: date | None, last: date | None, arrived: date | None) -> list[str]:
    """Find dates that can only be mistyped: they would win over every right one, or stretch the calendar."""
    faults = []
    if first is not None and first < FIRST_DATE:
        faults.append(f"the date {first} is before {FIRST_DATE}")
    if last is not None and arrived is not None and dataset in DELIVERED:
        ahead = SNAPSHOT_AHEAD if DELIVERED[dataset].kind == "reference" else DATES_AHEAD
        if last > arrived + ahead:
            faults.append(f"the date {last} is more than {ahead.days} days after the arrival on {arrived}")
    return faults


def _extension_faults(extension: str) -> list[str]:
    if extension in EXTENSIONS:
        return []
    return [f"the format '.{shown(extension)}' is not one of .{', .'.join(EXTENSIONS)}"]


def _finding(name: str, message: str) -> Finding:
    return Finding(file=name, message=message, cure=f"Rename it as in {RIGHT_NAMES}")
