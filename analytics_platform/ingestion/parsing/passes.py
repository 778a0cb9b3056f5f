"""One pass over the batches of a file: clear rows at once, the others one by one, and the account of both."""

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import polars as pl
import pyarrow as pa

from analytics_platform.ingestion.accounting import NO_ROWS, RowCounts
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import SHOWN_FINDINGS, Finding
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.clear_rows import ClearLane, ClearRows
from analytics_platform.ingestion.parsing.delivery_files import AcceptedFile, RejectedFile
from analytics_platform.ingestion.parsing.keys import Hashes, SeenKeys, doubled, hashes_of
from analytics_platform.ingestion.parsing.parse import ParseResult, parse_batch
from analytics_platform.ingestion.parsing.records import to_records
from analytics_platform.ingestion.parsing.totals import Totals
from analytics_platform.ingestion.protocol import Lineage
from analytics_platform.ingestion.readers.packed_sheet import PackedSheet
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText, no_faults
from analytics_platform.tables.contract import Table

ROWS_TOGETHER = 800_000
"""Rows that may wait until those of them that are not clear are parsed together."""

TEXTS_TOGETHER = 200_000
"""Rows that are not clear, of which no more may wait: as text they take more memory."""


@dataclass(frozen=True)
class Task:
    """What is to be done.

    Attributes
    ----------
    table : Table
        What the records should be.
    dialect : Dialect
        How the sender writes.
    name : DeliveryName
        What the name of the file declares.
    lineage : Lineage
        What is written beside every accepted row.
    batches : iterable of SheetText
        The rows of the file; the same each time.
    """

    table: Table
    dialect: Dialect
    name: DeliveryName
    lineage: Lineage
    batches: Iterable[SheetText]


@dataclass(frozen=True)
class Ingested:
    """What became of a file.

    Attributes
    ----------
    counts : RowCounts
        The account.
    findings : tuple of Finding
        The first faults of rejected records.
    total_findings : int
        Number of all faults.
    notes : tuple of str
        What the sender may want to know, though nothing is wrong.
    sheet : str or None
        Sheet of the workbook that was read.
    stated : tuple of Finding
        What the file states of itself and is not so: no reason to reject a record, but the file.
    """

    counts: RowCounts = NO_ROWS
    findings: tuple[Finding, ...] = ()
    total_findings: int = 0
    notes: tuple[str, ...] = ()
    sheet: str | None = None
    stated: tuple[Finding, ...] = ()


class Split(NamedTuple):
    """One batch: its clear rows, if there is a lane for them, and all others as text."""

    clear: ClearRows | None
    others: SheetText


class Sorting:
    """Sorts the batches of one file.

    Parameters
    ----------
    task : Task
        What is to be done.
    doubles : DataFrame, optional
        Keys that are there more than once, see `keys.doubled`.
    """

    def __init__(self, task: Task, doubles: pl.DataFrame | None = None) -> None:
        self._task, self._doubles = task, doubles
        self._doubled = None if doubles is None else hashes_of(doubles.select(task.table.key))
        self._lane: ClearLane | None = None
        self._totals: Totals | None = None
        self._nothing: ParseResult | None = None
        self._empty = SheetText((), pl.DataFrame(), no_faults())
        self._is_first = True
        self.notes: tuple[str, ...] = ()

    def split(self, sheet: SheetText) -> Split:
        """Tell clear rows of a batch from others."""
        if self._is_first:
            self._start(sheet)
        if self._lane is None or not isinstance(sheet, PackedSheet):
            return Split(None, sheet)
        clear = self._lane.sort(sheet)
        if self._doubled is not None:
            clear.is_clear[np.isin(clear.hashes, self._doubled)] = False
        if clear.is_clear.all() and not sheet.ragged.height:
            return Split(clear, self._empty)
        return Split(clear, sheet.text_of(np.flatnonzero(~clear.is_clear)))

    def parse(self, sheet: SheetText) -> ParseResult:
        """Parse rows one by one."""
        task = self._task
        if self._lane is not None and self._nothing is not None and sheet.cells.is_empty():
            return self._nothing
        return parse_batch(sheet, task.table, task.dialect, task.name, self._doubles, self._totals)

    def _start(self, sheet: SheetText) -> None:
        task = self._task
        self._is_first = False
        self._lane = ClearLane.of(sheet, task.table, task.dialect, task.name)
        first = (
            sheet.text_of(np.arange(min(1, len(sheet.numbers)))) if isinstance(sheet, PackedSheet) else sheet
        )
        start = SheetText(sheet.headers, first.cells.head(1), sheet.faults.clear(), sheet.sheet)
        self.notes = to_records(start, task.table, task.dialect, task.name).notes
        self._empty = SheetText(sheet.headers, first.cells.clear(), sheet.faults.clear(), sheet.sheet)
        self._nothing = parse_batch(self._empty, task.table, task.dialect, task.name)
        if Totals.is_asked(task.dialect):
            self._totals = Totals(
                task.table, task.dialect, task.name, sheet.headers, sheet.sheet, sheet.above
            )

    def stated(self) -> tuple[Finding, ...]:
        """Tell what the file states of itself and is not so."""
        return () if self._totals is None else self._totals.findings()


def one_pass(
    task: Task, accepted_file: Path, rejected_file: Path, doubles: pl.DataFrame | None = None
) -> tuple[Ingested, Hashes]:
    """Sort all batches and write the two files anew.

    Parameters
    ----------
    task : Task
        What is to be done.
    accepted_file, rejected_file : Path
        The two files.
    doubles : DataFrame, optional
        Keys that are there more than once, see `keys.doubled`. Without it none is rejected for its key.

    Returns
    -------
    Ingested
        The account, checked for each batch and for all.
    ndarray of uint64
        Hashes of keys that may be there more than once.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be loaded.
    AccountingError
        If the records of a batch are not those accepted, rejected and ignored.
    """
    accepted = AcceptedFile(accepted_file, task.table, task.name.source, task.lineage)
    rejected = RejectedFile(rejected_file)
    work = _Pass(Sorting(task, doubles), accepted, rejected)
    try:
        for sheet in task.batches:
            work.take(sheet)
        work.put()
    finally:
        accepted.close()
        rejected.close()
    return work.ingested(), work.seen.suspects()


class _Pass:
    """What one pass has found so far, and the batches whose unclear rows wait to be parsed together."""

    def __init__(self, sorting: Sorting, accepted: AcceptedFile, rejected: RejectedFile) -> None:
        self.seen = SeenKeys()
        self._sorting, self._accepted, self._rejected = sorting, accepted, rejected
        self._counts, self._total_findings = NO_ROWS, 0
        self._findings: list[Finding] = []
        self._clear: list[pa.Table] = []
        self._others: list[SheetText] = []
        self._rows_waiting = self._texts_waiting = 0
        self._sheet_name: str | None = None

    def take(self, sheet: SheetText) -> None:
        """Sort a batch; a few rows that are not clear cost as much to parse as many, so they wait."""
        clear, others = self._sorting.split(sheet)
        self._sheet_name = sheet.sheet
        self._others.append(others)
        rows = others.cells.height
        if clear is not None and isinstance(sheet, PackedSheet):
            self.seen.add(clear.hashes[clear.is_clear])
            table = self._accepted.batch(clear.columns, sheet.numbers)
            is_all = bool(clear.is_clear.all())
            self._clear.append(table if is_all else table.filter(pa.array(clear.is_clear)))
            rows = sheet.height
        self._rows_waiting += rows
        self._texts_waiting += others.cells.height
        is_much = self._rows_waiting >= ROWS_TOGETHER or self._texts_waiting >= TEXTS_TOGETHER
        if is_much or not self._texts_waiting or clear is None:
            self.put()

    def put(self) -> None:
        """Parse the rows that wait, write all in the order of the file, and check the account of it."""
        if not self._others:
            return
        first = self._others[0]
        cells = pl.concat([sheet.cells for sheet in self._others])
        faults = pl.concat([sheet.faults for sheet in self._others])
        parsed = self._sorting.parse(SheetText(first.headers, cells, faults, first.sheet, first.above))
        accepted = self._in_order(parsed)
        self._counts += RowCounts(
            read=self._rows_waiting if self._clear else parsed.rows_read,
            accepted=sum(table.num_rows for table in accepted),
            rejected=parsed.rejected.height,
            ignored=parsed.rows_ignored,
        )
        for table in accepted:
            self._accepted.write(table)
        self._rejected.write(parsed.rejected)
        self.seen.add(hashes_of(parsed.keys.drop(ROW_NUMBER)))
        self._findings += parsed.findings[: SHOWN_FINDINGS - len(self._findings)]
        self._total_findings += parsed.total_findings
        self._clear, self._others = [], []
        self._rows_waiting = self._texts_waiting = 0

    def _in_order(self, parsed: ParseResult) -> list[pa.Table]:
        """Give all accepted rows that wait in the order of the file."""
        if not parsed.accepted.height:
            return self._clear or [self._accepted.batch_of(parsed.accepted)]
        rows = pa.concat_tables([*self._clear, self._accepted.batch_of(parsed.accepted)])
        if self._clear:
            rows = rows.unify_dictionaries().take(np.argsort(rows[ROW_NUMBER].to_numpy(), kind="stable"))
        return [rows]

    def ingested(self) -> Ingested:
        """Tell what was found."""
        return Ingested(
            self._counts,
            tuple(self._findings),
            self._total_findings,
            self._sorting.notes,
            self._sheet_name,
            self._sorting.stated(),
        )


def doubled_keys(task: Task, suspects: Hashes) -> pl.DataFrame:
    """Tell the keys that are really there more than once, by the keys themselves; see `keys.doubled`."""
    sorting = Sorting(task)
    key = task.table.key
    parts = []
    for sheet in task.batches:
        clear, others = sorting.split(sheet)
        keys = sorting.parse(others).keys
        found = [keys.filter(pl.Series(np.isin(hashes_of(keys.select(key)), suspects), dtype=pl.Boolean))]
        if clear is not None and isinstance(sheet, PackedSheet):
            is_asked = clear.is_clear & np.isin(clear.hashes, suspects)
            numbers = pl.Series(ROW_NUMBER, sheet.numbers[is_asked])
            found.append(clear.keys_at(is_asked, key).with_columns(numbers))
        parts.append(pl.concat(found).sort(ROW_NUMBER, maintain_order=True))
    return doubled(pl.concat(parts), key)
