"""Reading the lake: the current rows of a table, from as few files and parts of files as can hold them."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cache

import numpy as np
import polars as pl

from analytics_platform.storage.lake import copies, current
from analytics_platform.storage.lake.current import Ranked, ranked_by_source, ranked_runs
from analytics_platform.storage.lake.layout import Delivery, object_key
from analytics_platform.storage.lake.objects import Objects
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import DERIVED
from analytics_platform.tables.risk import RUN_MANIFESTS

END_OF_TIME = datetime(9999, 12, 31, tzinfo=UTC)
INSTRUMENT = "instrument_id"
_FEW_INSTRUMENTS = 50
_DELIVERY = ("source", "delivery_id", "first_date", "last_date", "known_at")

_known: dict[tuple[str, str], tuple[pl.DataFrame, pl.DataFrame | None, Ranked]] = {}


@dataclass(frozen=True)
class Question:
    """What a reader wants to know of a table.

    Attributes
    ----------
    table : Table
        The table.
    sessions : collection of date or None
        Only rows of these dates; of a table without a date column they say nothing.
    instruments : collection of str or None
        Only rows of these instruments.
    as_known_at : datetime
        What came later is not seen.
    preferred : str or None
        Delivery that holds wherever it covers.
    """

    table: Table
    sessions: Collection[date] | None = None
    instruments: Collection[str] | None = None
    as_known_at: datetime = END_OF_TIME
    preferred: str | None = None

    def __post_init__(self) -> None:
        """Refuse a question that the table cannot answer."""
        if self.instruments is not None and INSTRUMENT not in _schema(self.table):
            message = f"{self.table.name} has no column {INSTRUMENT} to choose by"
            raise ValueError(message)

    def chosen(self, rows: pl.LazyFrame) -> pl.LazyFrame:
        """Return the rows of the sessions and instruments asked for, whatever delivery they are of."""
        if self.sessions is not None and self.table.date_column is not None:
            rows = rows.filter(_one_of(self.table.date_column, self.sessions))
        if self.instruments is not None:
            rows = rows.filter(_one_of(INSTRUMENT, self.instruments))
        return rows


def scan(objects: Objects, question: Question, columns: Sequence[str] | None = None) -> pl.LazyFrame:
    """Return the current rows that answer a question, unread.

    Parameters
    ----------
    objects : Objects
        Where the lake stands.
    question : Question
        What is asked.
    columns : sequence of str, optional
        Columns in the wanted order; by default those of ``table.lake_columns``.

    Raises
    ------
    ValueError
        If the table has no such column.
    """
    table = question.table
    schema = _schema(table)
    names = schema.names() if columns is None else list(columns)
    if unknown := [name for name in names if name not in schema]:
        message = f"{table.name} has no column {', '.join(unknown)}; it has {', '.join(schema)}"
        raise ValueError(message)
    if table.name == DELIVERIES.name:
        rows = published(objects).lazy().filter(pl.col("known_at") <= question.as_known_at)
    elif table.date_column is None:
        rows = _whole_deliveries(objects, question)
    else:
        rows = _by_date(objects, question, table.date_column)
    return rows.select(names)


def published(objects: Objects, table_name: str | None = None) -> pl.DataFrame:
    """Return the rows of `deliveries`, of one table or of all.

    Parameters
    ----------
    objects : Objects
        Where the lake stands.
    table_name : str, optional
        Leave out those of most other tables: all that do not stand in old folders.

    Returns
    -------
    DataFrame
        Columns of `deliveries` with lineage; the same object as before, if nothing has come since.
    """
    return objects.rows(DELIVERIES.name, _schema(DELIVERIES), only=table_name)


def _whole_deliveries(objects: Objects, question: Question) -> pl.LazyFrame:
    """Rows of the newest snapshots; of results without a date, those of every run."""
    table, moment = question.table, question.as_known_at
    deliveries = _deliveries(published(objects, table.name), table)
    if table.kind == "result":
        chosen = deliveries.filter(pl.col("known_at") <= moment)
    else:
        chosen = current.newest_snapshots(deliveries, moment, is_computed=table.name in DERIVED)
    return question.chosen(_rows(objects, table, _keys(table, chosen)))


def _by_date(objects: Objects, question: Question, day: str) -> pl.LazyFrame:
    """Rows of the delivery that holds for their date."""
    table, sessions = question.table, question.sessions
    ranked = _ranked(objects, table)
    held = current.held(ranked, question.as_known_at, question.preferred, sessions)
    chosen = ranked.rows[np.unique(held.places)]
    opened, copied_files = chosen, list[str]()
    if question.instruments is not None and len(question.instruments) <= _FEW_INSTRUMENTS:
        copied = copies.copies(objects, table.name)
        opened = chosen.filter(~pl.col("delivery_id").is_in(copied.delivery_ids))
        copied_files = copied.files_with(chosen["delivery_id"], question.instruments)
    rows = question.chosen(_rows(objects, table, [*_keys(table, opened), *copied_files]))
    if not copied_files and sessions is not None and len(set(sessions)) == 1:
        return rows  # each file holds for the one day
    holding = pl.LazyFrame(
        {"delivery_id": ranked.rows["delivery_id"][held.places], "day": held.days.astype(np.int32)}
    ).with_columns(pl.col("day").cast(pl.Date))
    return rows.join(holding, left_on=["delivery_id", day], right_on=["delivery_id", "day"], how="semi")


def _ranked(objects: Objects, table: Table) -> Ranked:
    """Return the deliveries of a table in their order: as before, if none has come since."""
    deliveries = published(objects, table.name)
    manifests = None
    if table.kind == "result":
        manifests = objects.rows(RUN_MANIFESTS.name, _schema(RUN_MANIFESTS))
    known = _known.get((objects.url, table.name))
    if known is None or known[0] is not deliveries or known[1] is not manifests:
        rows = _deliveries(deliveries, table)
        ranked = ranked_by_source(rows) if manifests is None else ranked_runs(rows, manifests)
        known = (deliveries, manifests, ranked)
        _known[objects.url, table.name] = known
    return known[2]


def _deliveries(rows: pl.DataFrame, table: Table) -> pl.DataFrame:
    return rows.filter(pl.col("table_name") == table.name).select(_DELIVERY)


def _keys(table: Table, deliveries: pl.DataFrame) -> list[str]:
    rows = deliveries.select(_DELIVERY).iter_rows(named=True)
    return [object_key(table.name, Delivery(**row)) for row in rows]


@cache
def _schema(table: Table) -> pl.Schema:
    return table.lake_columns


def _rows(objects: Objects, table: Table, keys: list[str]) -> pl.LazyFrame:
    schema = _schema(table)
    return objects.scan(keys, schema) if keys else pl.LazyFrame(schema=schema)


def _one_of(column: str, values: Collection[date] | Collection[str]) -> pl.Expr:
    """Tell whether a column has one of some values, in words that row groups can be left out by."""
    wanted = pl.Series(list(values)).unique().sort()
    if len(wanted) <= 1:
        return pl.col(column) == pl.lit(wanted[0]) if len(wanted) else pl.lit(value=False)
    lowest, highest = pl.lit(wanted[0]), pl.lit(wanted[-1])
    return pl.col(column).is_between(lowest, highest) & pl.col(column).is_in(wanted.implode())
