"""From the landing zone to the lake: each object version once, with its ledger entry and its account."""

import hashlib
import tempfile
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path

import polars as pl

from analytics_platform.ingestion.child import ParsedDelivery, ParsingChild
from analytics_platform.ingestion.dialect import DialectError, read_dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.ingestion.protocol import REJECTED_FILE, Lineage
from analytics_platform.storage.files import sha256_of
from analytics_platform.storage.lake import Delivery, Lake
from analytics_platform.storage.landing_zone import LandingZone, ObjectVersion
from analytics_platform.storage.ledger import Entry, Ledger, State
from analytics_platform.storage.quarantine import Quarantine
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES


@dataclass
class Outcome:
    """What one load did.

    Attributes
    ----------
    loaded, duplicates : int
        Files loaded, and files whose content was loaded before.
    rows_accepted, rows_rejected, rows_ignored : int
        Rows of the loaded files.
    refused : list of str
        One clear text per refused file.
    """

    loaded: int = 0
    duplicates: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_ignored: int = 0
    refused: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class _Landed:
    """One object version, what its name declares, and the digest of its content."""

    version: ObjectVersion
    name: DeliveryName
    digest: str


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
    """

    landing: LandingZone
    ledger: Ledger
    lake: Lake
    quarantine: Quarantine
    sources: Path
    child: ParsingChild

    def observe(self, prefix: str = "") -> list[ObjectVersion]:
        """Write down every version that the ledger does not know; return the new ones.

        A version whose name tells no dataset or date goes to quarantine at once.
        """
        known = self.ledger.known(prefix)
        new = sorted(v for v in self.landing.versions(prefix) if (v.key, v.version_id) not in known)
        for version in new:
            try:
                name = parse_file_name(version.key, version.known_at.date())
            except DeliveryRefused as refusal:
                self._keep(version, refusal)
                self.ledger.refuse(version, str(refusal))
            else:
                self.ledger.observe(version, name)
        return new

    def load(self, table: Table, run_id: str, *, until: date | None = None) -> Outcome:
        """Load what senders have put for a table and the ledger still owes.

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
            If the dialect of a source cannot be used: after the files of all others are loaded. Its own
            files are owed still.
        """
        self.observe(f"{table.name}/")
        window = None if until is None else (date.min, until)
        outcome = Outcome()
        unusable: set[str] = set()
        for entry in self.ledger.entries(dataset=table.name, states=[State.SEEN], overlapping=window):
            if self.ledger.claim(entry.version, run_id):
                try:
                    self._load_one(table, entry, run_id, outcome)
                except DialectError as error:
                    unusable.add(str(error))
        if unusable:
            self.ledger.release(run_id)
            raise DialectError("\n".join(sorted(unusable)))
        return outcome

    def _load_one(self, table: Table, entry: Entry, run_id: str, outcome: Outcome) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            file = self.landing.fetch(entry.version, Path(scratch))
            digest = sha256_of(file)
            landed = _Landed(entry.version, parse_file_name(entry.version.key), digest)
            before = self.ledger.latest_loaded(entry.version.key)
            if before is not None and before.sha256 == digest:
                self.ledger.finish(entry.version, State.DUPLICATE, sha256=digest)
                outcome.duplicates += 1
                return
            try:
                dialect = read_dialect(self.sources, landed.name.source, landed.name.dataset)
                lineage = Lineage(delivery_id=_delivery_id(entry.version), known_at=entry.version.known_at)
                parsed = self.child.parse(file, landed.name, dialect, Path(scratch), lineage)
            except DeliveryRefused as refusal:
                rejected = Path(scratch) / REJECTED_FILE
                self._keep(entry.version, refusal, pl.read_parquet(rejected) if rejected.exists() else None)
                self.ledger.finish(
                    entry.version,
                    State.QUARANTINED,
                    sha256=digest,
                    counts=refusal.counts,
                    message=str(refusal),
                )
                outcome.refused.append(str(refusal))
                return
            self._publish(table, landed, parsed, run_id)
        outcome.loaded += 1
        outcome.rows_accepted += parsed.counts.accepted
        outcome.rows_rejected += parsed.counts.rejected
        outcome.rows_ignored += parsed.counts.ignored

    def _publish(self, table: Table, landed: _Landed, parsed: ParsedDelivery, run_id: str) -> None:
        delivery = Delivery(
            delivery_id=_delivery_id(landed.version),
            source=landed.name.source,
            first_date=landed.name.first_date,
            last_date=landed.name.last_date,
            known_at=landed.version.known_at,
        )
        self.lake.adopt(table, parsed.accepted, delivery)
        self.lake.publish(table, delivery, _facts(table, landed, parsed, run_id))
        if parsed.counts.rejected:
            self._keep_rejected_rows(landed.version, parsed)
        self.ledger.finish(landed.version, State.LOADED, sha256=landed.digest, counts=parsed.counts)

    def _keep_rejected_rows(self, version: ObjectVersion, parsed: ParsedDelivery) -> None:
        verdict = f"loaded without {parsed.counts.rejected} of {parsed.counts.read} rows"
        with tempfile.TemporaryDirectory() as scratch:
            self.quarantine.keep(
                version,
                file=self.landing.fetch(version, Path(scratch)),
                verdict=verdict,
                findings=parsed.findings,
                rejected=pl.read_parquet(parsed.rejected),
            )

    def _keep(
        self, version: ObjectVersion, refusal: DeliveryRefused, rejected: pl.DataFrame | None = None
    ) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            self.quarantine.keep(
                version,
                file=self.landing.fetch(version, Path(scratch)),
                verdict="refused: nothing of it was loaded",
                findings=refusal.findings,
                rejected=rejected,
            )


def _delivery_id(version: ObjectVersion) -> str:
    return hashlib.sha256(f"{version.key}\n{version.version_id}".encode()).hexdigest()[:16]


def _facts(table: Table, landed: _Landed, parsed: ParsedDelivery, run_id: str) -> pl.DataFrame:
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
            "run_id": run_id,
        },
        schema=DELIVERIES.columns,
    )
