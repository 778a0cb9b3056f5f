"""Looking for what was put: the ledger is told of versions that it does not know. Nothing is loaded here."""

import tempfile
import time
from collections.abc import Iterable, Sequence
from collections.abc import Set as AbstractSet
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.landing.zone import LandingZone, ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger

_BATCH = 500
_LISTERS = 8
"""Keys that are looked at side by side: a store answers slowly, but many at once."""

_FEW = 20
"""Up to so many keys are looked at one by one."""

_PAGE, _WORTH = 1000, 20
"""A listing of many keys goes on while one in so many versions, after the first page, is of a wanted key."""


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

    def look_at(self, keys: Iterable[str]) -> Observed:
        """Write down every version of some keys that the ledger does not know.

        Many keys that stand close together are found by listing on from the first; the others one by one.

        Parameters
        ----------
        keys : iterable of str
            Names inside the landing zone; one that is not there is passed over.
        """
        wanted, found = set(keys), Observed()
        versions = self._listed_together(wanted) if len(wanted) > _FEW else []
        rest = sorted(wanted - {version.key for version in versions})
        with ThreadPoolExecutor(_LISTERS) as listers:
            versions += chain.from_iterable(listers.map(self._versions_of, rest))
        found.listed = len(versions)
        for start in range(0, len(versions), _BATCH):
            found.new += self._written_down(versions[start : start + _BATCH])
        found.new.sort()
        return found

    def _listed_together(self, wanted: AbstractSet[str]) -> list[ObjectVersion]:
        """Return all versions of those wanted keys that a listing finds, while it finds enough of them.

        The first key is left out: moto begins behind the first key after a marker that is no key.
        """
        first = min(wanted, key=str.encode)
        missing, found = set(wanted) - {first}, list[ObjectVersion]()
        for listed, version in enumerate(self.landing.versions(after=first[:-1])):
            if version.key in wanted:
                missing.discard(version.key)
                found.append(version)
            elif not missing or listed > _PAGE + _WORTH * len(found):
                break
        return [version for version in found if version.key != first]

    def _versions_of(self, key: str) -> list[ObjectVersion]:
        """Return the versions of a key, and not those of others that begin like it."""
        return [version for version in self.landing.versions(key) if version.key == key]

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
