"""One file to accepted and rejected rows: guard, then read, parse and write by batches; and the account."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits, guard_file
from analytics_platform.ingestion.parsing.delivery_files import written_rows
from analytics_platform.ingestion.parsing.passes import Ingested, Task, doubled_keys, one_pass
from analytics_platform.ingestion.protocol import ACCEPTED_FILE, REJECTED_FILE, UNPUBLISHED, Lineage
from analytics_platform.ingestion.readers.formats import batches
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform.tables.registry import DELIVERED

Reader = Callable[[Path, DeliveryName, Dialect, Limits], Iterator[SheetText]]


def ingest(  # noqa: PLR0913, PLR0917 - the last two only where they matter
    path: Path,
    name: DeliveryName,
    dialect: Dialect,
    limits: Limits,
    output: Path,
    lineage: Lineage = UNPUBLISHED,
    read: Reader = batches,
) -> Ingested:
    """Sort all records of one delivered file into accepted, rejected and ignored ones.

    A second look at the file is needed only where keys seem doubled: all rows of a doubled key are rejected,
    also those before it is seen again.

    This runs third-party readers on bytes that nobody vouches for: outside of tests, call it through
    `ParsingChild`.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        What its name declares.
    dialect : Dialect
        How the sender writes. `max_rejected_rows` is left to the caller.
    limits : Limits
        What is allowed.
    output : Path
        Existing folder that takes `ACCEPTED_FILE` and `REJECTED_FILE`; neither is left there after an error.
    lineage : Lineage
        What is written beside every accepted row.
    read : Reader
        Gives the file as batches of rows, the same each time.

    Returns
    -------
    Ingested
        The account, and the first findings.

    Raises
    ------
    DeliveryRefused
        If the file as a whole cannot be loaded.
    AccountingError
        If records read are not those written and ignored.
    """
    accepted, rejected = output / ACCEPTED_FILE, output / REJECTED_FILE
    guard_file(path, name, limits)
    task = Task(
        DELIVERED[name.dataset], dialect, name, lineage, _Batches(lambda: read(path, name, dialect, limits))
    )
    try:
        found, suspects = one_pass(task, accepted, rejected)
        if len(suspects) and (doubles := doubled_keys(task, suspects)).height:
            found, _ = one_pass(task, accepted, rejected, doubles)
        found.counts.check_written(written_rows(accepted), written_rows(rejected))
        if found.stated:
            raise DeliveryRefused(found.stated, counts=found.counts)  # noqa: TRY301 - leaves nothing behind
    except BaseException:
        accepted.unlink(missing_ok=True)
        rejected.unlink(missing_ok=True)
        raise
    return found


@dataclass
class _Batches:
    """The batches of a file, as often as asked for; read again each time, unless there is only one."""

    read: Callable[[], Iterator[SheetText]]
    only: SheetText | None = None

    def __iter__(self) -> Iterator[SheetText]:
        """Give one batch after the other."""
        if self.only is not None:
            yield self.only
            return
        count, first = 0, None
        for sheet in self.read():
            count, first = count + 1, sheet if count == 0 else None
            yield sheet
        self.only = first
