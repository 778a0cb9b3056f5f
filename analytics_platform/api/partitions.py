"""One published object in memory: its rows in order, its sessions, and each row encoded at most once."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property

import polars as pl

from analytics_platform.api.representations import json_rows

SESSION = "business_date"
ROW = "__row__"
"""Number of a row in its partition; stays inside."""

_OVERHEAD_BYTES = 48


@dataclass(frozen=True)
class Partition:
    """Rows of one published object. Nothing of it changes, so what was encoded stays right.

    Attributes
    ----------
    rows : DataFrame
        By session, then in the order of readers, with their numbers.
    """

    rows: pl.DataFrame
    _encoded: dict[date | None, list[bytes]] = field(default_factory=dict)
    _sizes: dict[date | None, int] = field(default_factory=dict)
    _values: dict[str, frozenset[object]] = field(default_factory=dict)

    @classmethod
    def of(cls, table: pl.DataFrame, order: Sequence[str]) -> "Partition":
        """Return the partition of a table, sorted by the columns of `order` that it has."""
        by = [name for name in dict.fromkeys((SESSION, *order)) if name in table.columns]
        ordered = table.sort(by, nulls_last=True, maintain_order=True) if by else table
        return cls(ordered.with_row_index(ROW))

    @property
    def size(self) -> int:
        """Bytes that it takes, about."""
        return int(self.rows.estimated_size()) + sum(list(self._sizes.values()))

    @cached_property
    def spans(self) -> dict[date | None, tuple[int, int]]:
        """First row and number of rows of each session; all rows under None where there is no session."""
        if SESSION not in self.rows.columns:
            return {None: (0, self.rows.height)}
        counted = self.rows.group_by(SESSION, maintain_order=True).len()
        starts = (counted["len"].cum_sum() - counted["len"]).to_list()
        sessions, lengths = counted[SESSION].to_list(), counted["len"].to_list()
        return {day: (start, n) for day, start, n in zip(sessions, starts, lengths, strict=True)}

    def sessions(self) -> list[date]:
        """Return its sessions, oldest first."""
        return [day for day in self.spans if day is not None]

    def of_session(self, day: date) -> pl.DataFrame:
        """Return the rows of a session; none if it has none."""
        start, length = self.spans.get(day, (0, 0))
        return self.rows.slice(start, length)

    def values(self, column: str) -> frozenset[object]:
        """Return the values of a column."""
        if column not in self._values:
            self._values[column] = frozenset(self.rows[column].unique().to_list())
        return self._values[column]

    def encoded(self, chosen: pl.DataFrame) -> list[bytes]:
        """Return some of its rows as JSON; a session is encoded when it is first asked for."""
        numbers = chosen[ROW].to_list()
        if SESSION not in chosen.columns:
            return [self._session(None)[number] for number in numbers]
        days = chosen[SESSION].to_list()
        starts = self.spans
        return [
            self._session(day)[number - starts[day][0]] for day, number in zip(days, numbers, strict=True)
        ]

    def _session(self, day: date | None) -> list[bytes]:
        if day not in self._encoded:
            rows = json_rows(self.rows.slice(*self.spans[day]).drop(ROW))
            self._sizes[day] = sum(len(row) + _OVERHEAD_BYTES for row in rows)
            self._encoded[day] = rows
        return self._encoded[day]
