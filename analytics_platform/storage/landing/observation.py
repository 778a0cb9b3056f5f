"""Looking for what was put: the ledger is told of versions that it does not know. Nothing is loaded here."""

import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.landing.zone import LandingZone, ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger

_BATCH = 500


@dataclass
class Observed:
    """What one look at the landing zone found.

    Attributes
    ----------
    new : list of ObjectVersion
        Versions that the ledger did not know, in the order in which they were put.
    listed : int
        Versions that were looked at.
    goes_on_after : str or None
        Key behind which the next look goes on; None if this one came to the end.
    """

    new: list[ObjectVersion] = field(default_factory=list)
    listed: int = 0
    goes_on_after: str | None = None


@dataclass(frozen=True)
class LandingWatch:
    """Looks at the landing zone and tells the ledger.

    Attributes
    ----------
    landing : LandingZone
        Where files are put.
    ledger : Ledger
        What is known of them.
    quarantine : Quarantine
        Where a file goes whose name tells no dataset or date.
    """

    landing: LandingZone
    ledger: Ledger
    quarantine: Quarantine

    def look(self, prefix: str = "", *, after: str | None = None, seconds: float | None = None) -> Observed:
        """Write down every version that the ledger does not know, as far as time allows.

        Parameters
        ----------
        prefix : str
            Only keys that start so.
        after : str, optional
            Only keys behind this one, in the order of the landing zone.
        seconds : float, optional
            Stop after the key at which this time is over; at least one key is looked at.
        """
        start = time.monotonic()
        found = Observed()
        batch: list[ObjectVersion] = []
        for version in self.landing.versions(prefix, after=after):
            is_next_key = bool(batch) and batch[-1].key != version.key
            is_late = seconds is not None and time.monotonic() - start > seconds
            if is_next_key and (is_late or len(batch) >= _BATCH):
                found.new += self._written_down(batch)
                if is_late:
                    found.goes_on_after = batch[-1].key
                    break
                batch = []
            batch.append(version)
            found.listed += 1
        else:
            found.new += self._written_down(batch)
        found.new.sort()
        return found

    def _written_down(self, versions: Sequence[ObjectVersion]) -> list[ObjectVersion]:
        named: list[tuple[ObjectVersion, DeliveryName]] = []
        new: list[ObjectVersion] = []
        for version in self.ledger.unknown(versions):
            try:
                named.append((version, parse_file_name(version.key, version.known_at.date())))
            except DeliveryRefused as refusal:
                self._keep(version, refusal)
                if self.ledger.refuse(version, str(refusal)):
                    new.append(version)
        return [*new, *self.ledger.observe_all(named)]

    def _keep(self, version: ObjectVersion, refusal: DeliveryRefused) -> None:
        with tempfile.TemporaryDirectory() as scratch:
            self.quarantine.keep(
                version,
                file=self.landing.fetch(version, Path(scratch)),
                verdict="refused: nothing of it was loaded",
                findings=refusal.findings,
            )
