"""The grammar of delivery names. Only the standard library: Lambda functions use it as the product does."""

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, timedelta

from analytics_platform.ingestion.shown_text import shown

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

Kinds = Mapping[str, str]
"""Datasets that are delivered, and of which kind each is: ``reference`` or another."""


class NameRefused(ValueError):  # noqa: N818 - as DeliveryRefused
    """A name declares nothing that is known.

    Attributes
    ----------
    faults : list of str
        All that is wrong with it.
    """

    def __init__(self, faults: list[str]) -> None:
        super().__init__("; ".join(faults))
        self.faults = faults


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


def read_name(name: str, datasets: Kinds, arrived: date | None = None) -> DeliveryName:
    """Read dataset, source, dates and format from the name of a file in the landing zone.

    Parameters
    ----------
    name : str
        Path inside the landing zone: ``<dataset>/<source>_<date>[_<date>].<extension>``.
    datasets : mapping of str to str
        What is delivered.
    arrived : date, optional
        Day that the file was put: its dates may lie a year ahead at most, a snapshot's a week.

    Raises
    ------
    NameRefused
        If the name says no dataset, source, date or format that is known.
    """
    match = _NAME.fullmatch(name)
    if match is None:
        raise NameRefused(["the name does not tell dataset, source and date"])
    first = _real_date(match["first"])
    last = _real_date(match["last"] or match["first"])
    faults = [
        *_dataset_faults(match["dataset"], datasets),
        *_source_faults(match["source"]),
        *_date_faults(match, first, last),
        *_far_dates(datasets.get(match["dataset"]), first, last, arrived),
        *_extension_faults(match["extension"]),
    ]
    if faults or first is None or last is None:
        raise NameRefused(faults)
    return DeliveryName(match["dataset"], match["source"], first, last, match["extension"])


def _real_date(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def _dataset_faults(dataset: str, datasets: Kinds) -> list[str]:
    if dataset in datasets:
        return []
    close = difflib.get_close_matches(dataset, datasets, n=3) or sorted(datasets)
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


def _far_dates(kind: str | None, first: date | None, last: date | None, arrived: date | None) -> list[str]:
    """Find dates that can only be mistyped: they would win over every right one, or stretch the calendar."""
    faults = []
    if first is not None and first < FIRST_DATE:
        faults.append(f"the date {first} is before {FIRST_DATE}")
    if last is not None and arrived is not None and kind is not None:
        ahead = SNAPSHOT_AHEAD if kind == "reference" else DATES_AHEAD
        if last > arrived + ahead:
            faults.append(f"the date {last} is more than {ahead.days} days after the arrival on {arrived}")
    return faults


def _extension_faults(extension: str) -> list[str]:
    if extension in EXTENSIONS:
        return []
    return [f"the format '.{shown(extension)}' is not one of .{', .'.join(EXTENSIONS)}"]
