"""What the cells of a column can be: dates of which formats, numbers in which notation."""

import re
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.inspection.grid import TrueValue

Notation = tuple[str, str]
"""Decimal mark and thousands mark."""

NOTATIONS: tuple[Notation, ...] = (
    (".", ""), (",", ""), (".", ","), (",", "."), (".", " "), (",", " "), (".", "'"), (",", "'"),
)  # fmt: skip
DATE_FORMATS = (
    "%Y-%m-%d", "%Y/%m/%d", "%Y.%m.%d", "%Y%m%d",
    "%d.%m.%Y", "%d/%m/%Y", "%m/%d/%Y", "%d-%m-%Y", "%m-%d-%Y",
    "%d.%m.%y", "%d/%m/%y", "%m/%d/%y", "%d-%b-%Y", "%d %b %Y", "%d-%b-%y", "%d %B %Y", "%b %d, %Y",
)  # fmt: skip
NULL_WORDS = frozenset(
    {"n/a", "na", "n.a.", "null", "none", "nan", "-", "--", "n.q.", "nil", "unknown", ".", "#n/a"}
)
_SERIAL_DATES = (20_000, 80_000)
"""Days from 1954 to 2119, as spreadsheets count."""


@dataclass(frozen=True)
class ColumnProfile:
    """What one column holds.

    Attributes
    ----------
    header : str
        The sender's header.
    texts : tuple of str
        Distinct cells that are not empty and no null words, in order of first sight.
    filled : int
        Number of such cells.
    null_words : tuple of str
        Cells that seem to stand for "no value".
    date_formats : tuple of str
        Formats that fit every text, if there is one.
    notations : tuple of Notation
        Notations that fit every text, if there is one.
    has_percent : bool
        Whether all cells are text, not stored numbers, and end in %.
    is_true : bool
        Whether the file stores numbers or dates, whose notation needs no key.
    """

    header: str
    texts: tuple[str, ...]
    filled: int
    null_words: tuple[str, ...]
    date_formats: tuple[str, ...]
    notations: tuple[Notation, ...]
    has_percent: bool
    is_true: bool

    @property
    def is_number(self) -> bool:
        """Whether the column can be a number."""
        return bool(self.notations)

    @property
    def is_date(self) -> bool:
        """Whether the column can be a date."""
        return bool(self.date_formats)

    @property
    def is_serial_date(self) -> bool:
        """Whether all cells are whole numbers as spreadsheets count days."""
        first, last = _SERIAL_DATES
        return bool(self.texts) and all(
            re.fullmatch("[0-9]{5}", text) and first <= int(text) <= last for text in self.texts
        )


def profile(header: str, cells: Sequence[str]) -> ColumnProfile:
    """Look at the cells of one column."""
    filled = [cell for cell in cells if cell.strip()]
    nulls = {cell for cell in filled if cell.strip().lower() in NULL_WORDS}
    kept = [cell for cell in filled if cell not in nulls]
    texts = tuple(dict.fromkeys(cell.strip() for cell in kept))
    untyped = list(dict.fromkeys(cell.strip() for cell in kept if not isinstance(cell, TrueValue)))
    series = pl.Series(texts, dtype=pl.String)
    plain = [text.removesuffix("%").rstrip() for text in untyped]
    return ColumnProfile(
        header=header,
        texts=texts,
        filled=len(kept),
        null_words=tuple(sorted(cell.strip() for cell in nulls)),
        date_formats=tuple(pattern for pattern in DATE_FORMATS if texts and _all_dates(series, pattern)),
        notations=_notations(plain) if untyped else (NOTATIONS if texts and _all_numbers(series) else ()),
        has_percent=bool(kept)
        and all(cell.strip().endswith("%") and not isinstance(cell, TrueValue) for cell in kept),
        is_true=bool(kept) and not untyped,
    )


def _all_dates(texts: pl.Series, pattern: str) -> bool:
    return to_dates(texts, Dialect(date_format=pattern)).null_count() == 0


def _all_numbers(texts: pl.Series) -> bool:
    return bool(texts.str.contains(number_pattern((".", ""))).all())


def _notations(texts: Sequence[str]) -> tuple[Notation, ...]:
    series = pl.Series(texts, dtype=pl.String)
    return tuple(one for one in NOTATIONS if texts and series.str.contains(number_pattern(one)).all())


def number_pattern(notation: Notation) -> str:
    """Regular expression of numbers in a notation."""
    mark, thousands = re.escape(notation[0]), re.escape(notation[1])
    if notation[1] == " ":
        thousands = "[ \u00a0\u202f\u2009]"
    whole = rf"([0-9]+|[0-9]{{1,3}}({thousands}[0-9]{{3}})+)" if thousands else "[0-9]+"
    return rf"^[+-]?({whole}({mark}[0-9]+)?|{mark}[0-9]+)$"


def readings(texts: Sequence[str], notation: Notation) -> tuple[str, ...]:
    """Numbers as they are read in a notation, written the same for all notations."""
    mark, thousands = notation
    spaces = "[ \u00a0\u202f\u2009]" if thousands == " " else re.escape(thousands)
    return tuple((re.sub(spaces, "", text) if thousands else text).replace(mark, ".") for text in texts)


def common_notations(profiles: Sequence[ColumnProfile]) -> list[Notation]:
    """Notations that fit all number columns, one for each way to read them, the simplest first.

    Of the notations that read all texts alike only the simplest is given: one notation means that there is
    nothing to decide.
    """
    columns = [one for one in profiles if one.is_number and not one.is_true and not one.is_date]
    texts = [text.removesuffix("%").rstrip() for one in columns for text in one.texts]
    fitting = [one for one in NOTATIONS if all(one in column.notations for column in columns)]
    by_reading: dict[tuple[str, ...], Notation] = {}
    for notation in fitting:
        by_reading.setdefault(readings(texts, notation), notation)
    return list(by_reading.values())
