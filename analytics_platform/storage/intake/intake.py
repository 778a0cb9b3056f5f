"""From the landing zone to the lake: each object version once, with its ledger entry and its account."""

import hashlib
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import polars as pl

from analytics_platform.calendars.sessions import Calendar
from analytics_platform.ingestion.child.child import ParsedDelivery, ParsingChild
from analytics_platform.ingestion.dialects.audit import Audit
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.dialects.toml_files import DialectError, read_dialect
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, shown
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.ingestion.protocol import REJECTED_FILE, Lineage
from analytics_platform.storage.audits.audit import Audited, Rules, audit
from analytics_platform.storage.audits.staged import Staged
from analytics_platform.storage.files import sha256_of
from analytics_platform.storage.intake.outcome import FileOutcome, IntakeError, Outcome
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import Delivery, Lake
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import LandingZone, LandingZoneError, ObjectVersion
from analytics_platform.storage.ledger.ledger import Entry, Ledger, State
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

__all__ = ["FileOutcome", "Intake", "IntakeError", "Outcome"]


@dataclass(frozen=True)
class _Landed:
    """One object version that a run has taken, its content on this disk, and what its name declares."""

    version: ObjectVersion
    name: DeliveryName
    file: Path
    digest: str
    run_id: str

    @property
    def delivery(self) -> Delivery:
        """What makes its rows one delivery."""
        return Delivery(
            delivery_id=_delivery_id(self.version),
            source=self.name.source,
            first_date=self.name.first_date,
            last_date=self.name.last_date,
            known_at=self.version.known_at,
        )


@dataclass(frozen=True)
class Intake:
    """The stores that a delivery passes through.

    Attributes
    ----------
    landing : LandingZone
        Where it was put.
    ledger : Ledger
        What became of it.
    lake : Lake
        Where its accepted rows go.
    quarantine : Quarantine
        Where it goes if it is refused, and its rejected rows.
    sources : Path
        Folder of the source dialects.
    child : ParsingChild
        The process that reads what is not trusted.
    calendar : Calendar or None
        Days on which sources deliver whose dialect names no other calendar.
    """

    landing: LandingZone
    ledger: Ledger
    lake: Lake
    quarantine: Quarantine
    sources: Path
    child: ParsingChild
    calendar: Calendar | None = None

    def observe(self, prefix: str = "") -> list[ObjectVersion]:
        """Write down every version that the ledger does not know; return the new ones.

        A version whose name tells no dataset or date goes to quarantine at once.
        """
        return LandingWatch(self.landing, self.ledger, self.quarantine).look(prefix).new

    def load(self, table: Table, run_id: str, *, until: date | None = None) -> Outcome:
        """Load what senders have put for a table and the ledger still owes.

        What fails for no fault of the file keeps no other file out; the file is owed still, up to the number
        of attempts that the ledger allows.

        Parameters
        ----------
        table : Table
            The table.
        run_id : str
            Who loads; of two runs one gets a version.
        until : date, optional
            Only files that declare a date up to here; older history rides along.

        Raises
        ------
        DialectError
            If nothing else went wrong than that the dialect of a source cannot be used.
        IntakeError
            If files could not be loaded for no fault of theirs. All others are loaded by then.
        """
        self.observe(f"{table.name}/")
        window = None if until is None else (date.min, until)
        outcome = Outcome()
        failures: dict[str, Exception] = {}
        for entry in self._owed(table, window):
            if self.ledger.claim(entry.version, run_id):
                try:
                    self._load_one(table, entry, run_id, outcome)
                except Exception as error:  # noqa: BLE001 - whatever it is must not keep the other files out
                    failures[entry.version.key] = error
                    outcome.note_failed(entry.version.key, self._fail(entry, run_id, error))
        if failures:
            raise _failure(failures)
        return outcome

    def _owed(self, table: Table, window: tuple[date, date] | None) -> Iterator[Entry]:
        """Give every owed file once; a late version may owe the file after it again while this goes on."""
        tried: set[ObjectVersion] = set()
        while new := [
            entry
            for entry in self.ledger.entries(dataset=table.name, states=[State.SEEN], overlapping=window)
            if entry.version not in tried
        ]:
            for entry in new:
                tried.add(entry.version)
                yield entry

    def _load_one(self, table: Table, entry: Entry, run_id: str, outcome: Outcome) -> None:
        key = entry.version.key
        with tempfile.TemporaryDirectory() as scratch:
            file = self.landing.fetch(entry.version, Path(scratch))
            landed = _Landed(entry.version, parse_file_name(key), file, sha256_of(file), run_id)
            before = self.ledger.predecessor(entry.version)
            if before is not None and before.sha256 == landed.digest:
                self._finish(landed, State.DUPLICATE)
                outcome.note_duplicate(key)
                return
            try:
                dialect = read_dialect(self.sources, landed.name.source, landed.name.dataset)
                parsed = self._parsed(landed, dialect, Path(scratch))
                audited = self._audited(table, landed, parsed, dialect.audit)
            except DeliveryRefused as refusal:
                self._refuse(landed, refusal, Path(scratch) / REJECTED_FILE)
                outcome.note_refused(key, str(refusal), refusal.counts)
                return
            self._publish(table, landed, parsed)
            notes = [*(f"{key}: {note}" for note in parsed.notes), *audited.notes]
            outcome.note_loaded(key, parsed.counts, notes)

    def _parsed(self, landed: _Landed, dialect: Dialect, scratch: Path) -> ParsedDelivery:
        lineage = Lineage(delivery_id=_delivery_id(landed.version), known_at=landed.version.known_at)
        return self.child.parse(landed.file, landed.name, dialect, scratch, lineage)

    def _audited(self, table: Table, landed: _Landed, parsed: ParsedDelivery, asked: Audit) -> Audited:
        """Compare a parsed delivery with the lake; a fault refuses it before anything of it is there."""
        staged = Staged(
            table,
            parsed.accepted,
            landed.delivery,
            landed.version.key,
            self.lake.deliveries(),
            parsed.counts.rejected,
        )
        audited = audit(staged, self.lake, Rules.of(asked, self.calendar))
        if audited.findings:
            raise DeliveryRefused(audited.findings, audited.total, parsed.counts)
        return audited

    def _publish(self, table: Table, landed: _Landed, parsed: ParsedDelivery) -> None:
        """Put the rows, show them, keep the rejected ones, tell the ledger; killed, it starts anew."""
        self.lake.adopt(table, parsed.accepted, landed.delivery)
        self.lake.publish(table, landed.delivery, _facts(table, landed, parsed))
        if parsed.counts.rejected:
            self.quarantine.keep(
                landed.version,
                file=landed.file,
                verdict=f"loaded without {parsed.counts.rejected} of {parsed.counts.read} rows"
                + _unsaid(parsed.total_findings, len(parsed.findings)),
                findings=parsed.findings,
                rejected=parsed.rejected,
            )
        self.ledger.finish(
            landed.version,
            State.LOADED,
            sha256=landed.digest,
            counts=parsed.counts,
            run_id=landed.run_id,
        )

    def _refuse(self, landed: _Landed, refusal: DeliveryRefused, rejected: Path) -> None:
        self.quarantine.keep(
            landed.version,
            file=landed.file,
            verdict="refused: nothing of it was loaded" + _unsaid(refusal.total, len(refusal.findings)),
            findings=refusal.findings,
            rejected=rejected if rejected.exists() else None,
        )
        self._finish(landed, State.QUARANTINED, refusal)

    def _finish(self, landed: _Landed, state: State, refusal: DeliveryRefused | None = None) -> None:
        self.ledger.finish(
            landed.version,
            state,
            sha256=landed.digest,
            counts=None if refusal is None else refusal.counts,
            message=None if refusal is None else str(refusal),
            run_id=landed.run_id,
        )

    def _fail(self, entry: Entry, run_id: str, error: Exception) -> State:
        """Tell the ledger of a failed attempt; keep the file with a report after the last one."""
        message = f"{type(error).__name__}: {shown(str(error), 1000)}"
        state = self.ledger.fail(entry.version, message, run_id=run_id) or State.SEEN
        if state is State.QUARANTINED:
            cure = "Mend what the message names, then release the file from quarantine"
            finding = Finding(file=entry.version.key, message=message, cure=cure)
            with tempfile.TemporaryDirectory() as scratch:
                try:
                    file = self.landing.fetch(entry.version, Path(scratch))
                    self.quarantine.keep(
                        entry.version,
                        file=file,
                        verdict="gave up: nothing of it was loaded",
                        findings=[finding],
                    )
                except (OSError, LandingZoneError):
                    return state  # the landing zone still has it, and the ledger the message
        return state


def _failure(failures: dict[str, Exception]) -> Exception:
    """Return what a load raises that could not load some files."""
    if all(isinstance(error, DialectError) for error in failures.values()):
        return DialectError("\n".join(sorted({str(error) for error in failures.values()})))
    told = [f"{key}: {type(error).__name__}: {error}" for key, error in failures.items()]
    message = f"{len(told)} files could not be loaded and are owed still:\n" + "\n".join(told)
    error = IntakeError(message)
    error.__cause__ = next(iter(failures.values()))
    return error


def _unsaid(total: int, told: int) -> str:
    return f"; the first {told} of {total} faults:" if total > told else ""


def _delivery_id(version: ObjectVersion) -> str:
    return hashlib.sha256(f"{version.key}\n{version.version_id}".encode()).hexdigest()[:16]


def _facts(table: Table, landed: _Landed, parsed: ParsedDelivery) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "table_name": table.name,
            "first_date": landed.name.first_date,
            "last_date": landed.name.last_date,
            "uri": landed.version.key,
            "version_id": landed.version.version_id,
            "sheet": parsed.sheet,
            "sha256": landed.digest,
            "rows_read": parsed.counts.read,
            "rows_accepted": parsed.counts.accepted,
            "rows_rejected": parsed.counts.rejected,
            "rows_ignored": parsed.counts.ignored,
            "run_id": landed.run_id,
        },
        schema=DELIVERIES.columns,
    )
