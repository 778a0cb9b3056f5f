"""Where the table lies in a grid: row of the headers, records, rows of totals below them."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.stated_numbers import RunningSum, stated_number
from analytics_platform.ingestion.inspection.grid import Grid, TrueValue
from analytics_platform.ingestion.inspection.values import ColumnProfile, Notation, profile

_TOTAL = re.compile(
    r"^(grand |sub-?)?(totals?|sum|summe|gesamt|insgesamt|totale|zwischensumme)\b", re.IGNORECASE
)
_LOOKED_AT = 40
_WIDEST = 500


@dataclass(frozen=True)
class FoundTable:
    """The table of a grid.

    Attributes
    ----------
    header_row : int
        Row of the headers, counted from 1.
    headers : list of str
        As written; empty ones have no column.
    records : list of list of str
        Rows below, without empty rows and rows of totals, filled up to one width.
    totals : list of (int, list of str)
        Rows of totals with their row number.
    profiles : list of ColumnProfile
        One for each header that is not empty.
    """

    header_row: int
    headers: list[str]
    records: list[list[str]]
    totals: list[tuple[int, list[str]]]
    profiles: list[ColumnProfile]

    def totalled(self, notation: Notation) -> list[str]:
        """Headers under which the last row of totals states the exact sum of the records."""
        dialect = Dialect(decimal_mark=notation[0], thousands_mark=notation[1])  # type: ignore[arg-type]
        found = []
        for place, header in enumerate(self.headers):
            stated = stated_number(self.totals[-1][1][place], "", dialect) if self.totals else None
            numbers = [stated_number(row[place], "", dialect) for row in self.records if row[place].strip()]
            known = [number for number in numbers if number is not None]
            if header and stated is not None and known and len(known) == len(numbers):
                gross = sum(map(abs, known))
                total = RunningSum(sum(known, start=stated * 0), stated * 0 + gross)
                if total.agrees_with(stated, is_spreadsheet=True):
                    found.append(header)
        return found


def find_table(grid: Grid) -> FoundTable | None:
    """Find the headers, and sort the rows below them; None if there is no row of headers."""
    header_row = grid.header_row or _header_row(grid.rows)
    if header_row is None:
        return None
    headers = [text.strip() for text in grid.rows[header_row - 1]][:_WIDEST]
    records, totals = [], []
    for number, row in enumerate(grid.rows[header_row:], header_row + 1):
        filled = [*row, *[""] * (len(headers) - len(row))]
        first = next((text.strip() for text in row if text.strip()), "")
        if _TOTAL.search(first):
            totals.append((number, filled))
        elif first:
            records.append(filled)
    profiles = [
        profile(header, [row[place] for row in records]) for place, header in enumerate(headers) if header
    ]
    return FoundTable(header_row, headers, records, totals, profiles)


def _header_row(rows: Sequence[Sequence[str]]) -> int | None:
    """First row that is as wide as most, and holds different texts that are no numbers."""
    widths = Counter(_filled(row) for row in rows[:1000] if _filled(row) > 1)
    if not widths:
        return next((number for number, row in enumerate(rows, 1) if _filled(row)), None)
    usual = widths.most_common(1)[0][0]
    for number, row in enumerate(rows[:_LOOKED_AT], 1):
        texts = [text.strip() for text in row if text.strip()]
        named = all(
            not isinstance(text, TrueValue) and not re.match(r"^[+-]?[0-9.,]+$", text) for text in texts
        )
        if len(texts) >= usual * 0.8 and named and len(set(texts)) == len(texts):
            return number
    return None


def _filled(row: Sequence[str]) -> int:
    return sum(bool(text.strip()) for text in row)
