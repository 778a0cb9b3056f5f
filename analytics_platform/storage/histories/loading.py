"""The ordinary ingestion, by several workers at once and away from the platform's disk."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from analytics_platform.ingestion.faults import Finding
from analytics_platform.storage.histories.cutting import CutHistory
from analytics_platform.storage.histories.leases import is_of_job
from analytics_platform.storage.intake.intake import Intake, IntakeError
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import IN_LAKE, Ledger, State
from analytics_platform.tables.contract import Table

_IN_LAKE = frozenset({*IN_LAKE, State.DUPLICATE})


class LeftToPlatformError(RuntimeError):
    """A file needs quarantine, which stands on the platform's disk: its ordinary ingestion decides."""


class NoQuarantine(Quarantine):
    """Stands where the platform's disk is not: what it should keep stays owed."""

    def keep(
        self,
        version: ObjectVersion,
        *,
        file: Path,
        verdict: str,
        findings: Sequence[Finding],
        rejected: Path | None = None,
    ) -> Path:
        """Keep nothing.

        Raises
        ------
        LeftToPlatformError
            Always.
        """
        del file, rejected
        first = f": {findings[0]}" if findings else ""
        message = f"{version.key}: {verdict}{first}; the platform's next ingestion keeps it with its report"
        raise LeftToPlatformError(message)


class PatientLedger(Ledger):
    """A ledger that never gives a version up: a worker that cannot finish one leaves it to the platform."""

    def fail(self, version: ObjectVersion, message: str, *, run_id: str | None = None) -> State | None:
        """Give a version back, without counting the attempt as failed."""
        return State.SEEN if self._move(version, State.SEEN, {"message": message}, held_by=run_id) else None


def load_share(intake: Intake, ledger: PatientLedger, table: Table, run_id: str) -> list[str]:
    """Load what is owed of a table, beside other workers: each file goes to who claims it first.

    Parameters
    ----------
    intake : Intake
        The ordinary ingestion.
    ledger : PatientLedger
        Its ledger.
    table : Table
        The table.
    run_id : str
        This worker; what an earlier attempt of it held is taken back first.

    Returns
    -------
    list of str
        What was left to the platform or failed, and why.
    """
    ledger.release(run_id)
    worker = replace(intake, ledger=ledger, quarantine=NoQuarantine(intake.quarantine.root))
    try:
        worker.load(table, run_id)
    except IntakeError as error:
        return str(error).splitlines()[1:]
    return []


def release_earlier(ledger: Ledger, job: str) -> int:
    """Give back what workers of an earlier run of a job still hold; of a job one runs at a time."""
    return sum(ledger.release(run_id) for run_id in ledger.runs_in_flight() if is_of_job(run_id, job))


@dataclass(frozen=True)
class Account:
    """What became of the parts of histories.

    Attributes
    ----------
    parts, rows : int
        Parts that were cut, and the rows of the histories.
    states : dict of str to int
        How many parts stand where.
    rows_read, rows_accepted : int
        Rows of the parts that are in the lake, as the ledger has counted them.
    left : tuple of str
        Parts that are not in the lake, and why.
    """

    parts: int
    rows: int
    states: dict[str, int]
    rows_read: int
    rows_accepted: int
    left: tuple[str, ...]

    @property
    def is_complete(self) -> bool:
        """Whether each part is in the lake, or something newer in its place."""
        return not self.left


def account(ledger: Ledger, histories: Iterable[CutHistory]) -> Account:
    """Tell by the ledger what became of histories that were cut; every row of them is counted."""
    states: Counter[str] = Counter()
    parts = rows = rows_read = rows_accepted = 0
    left: list[str] = []
    for part in (part for history in histories for part in history.parts):
        entry = ledger.entry(part.key, part.version_id)
        parts, rows = parts + 1, rows + part.rows
        state = "unknown" if entry is None else str(entry.state)
        states[state] += 1
        if entry is None or entry.state not in _IN_LAKE:
            why = "the ledger does not know it" if entry is None else entry.message or "it waits"
            left.append(f"{part.key} ({state}): {why}")
        elif entry.rows_read not in {None, part.rows}:
            left.append(f"{part.key} ({state}): {entry.rows_read} of its {part.rows} rows were read")
        if entry is not None:
            rows_read += entry.rows_read or 0
            rows_accepted += entry.rows_accepted or 0
    return Account(parts, rows, dict(sorted(states.items())), rows_read, rows_accepted, tuple(left))
