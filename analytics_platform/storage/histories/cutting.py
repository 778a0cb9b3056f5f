"""A history from where it is kept to the landing zone, as deliveries. Nothing is loaded here."""

import tempfile
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict

from analytics_platform.ingestion.accounting import AccountingError
from analytics_platform.ingestion.child.splitting import split_in_child
from analytics_platform.ingestion.dialects.toml_files import read_dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.spans import SpanLength
from analytics_platform.ingestion.parsing.splitting import Part
from analytics_platform.storage.landing.zone import LandingZone, ObjectVersion

_GIBIBYTE = 1 << 30

LIMITS = Limits(
    max_file_bytes=20 * _GIBIBYTE,
    max_unpacked_bytes=200 * _GIBIBYTE,
    max_cells=20_000_000_000,
    seconds=6 * 3600.0,
)
"""What a history may ask of the machine; each of its parts may ask for as much as any delivery."""


class CutPart(BaseModel):
    """One delivery of a history: its key and version in the landing zone, and its rows."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    version_id: str
    rows: int


class CutHistory(BaseModel):
    """A history that was cut: its key and version where it is kept, and its parts."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    key: str
    version_id: str
    parts: tuple[CutPart, ...]


@dataclass(frozen=True)
class Histories:
    """Where histories are kept, and where their parts go.

    Attributes
    ----------
    kept : LandingZone
        Where they are kept: a folder or a versioned bucket, with the names of deliveries.
    landing : LandingZone
        Where deliveries are put.
    sources : Path
        Folder of the source dialects.
    limits : Limits
        What a history may ask of the machine.
    """

    kept: LandingZone
    landing: LandingZone
    sources: Path
    limits: Limits = LIMITS

    def keys(self, dataset: str, only: str = "") -> list[str]:
        """Return the histories of a dataset whose names begin so, in the order of their names."""
        return sorted({version.key for version in self.kept.versions(f"{dataset}/{only}")})

    def cut(self, key: str, length: SpanLength) -> CutHistory:
        """Put the newest version of a history into the landing zone, in parts.

        A part whose content is there already is not put again: a second cut changes nothing.

        Raises
        ------
        DeliveryRefused
            If the history cannot be read or cut, or a part is larger than a delivery may be.
        AccountingError
            If there is no such history.
        """
        name = parse_file_name(key)
        with tempfile.TemporaryDirectory() as scratch:
            version = self._newest(key)
            file = self.kept.fetch(version, Path(scratch))
            dialect = read_dialect(self.sources, name.source, name.dataset)
            output = Path(scratch) / "parts"
            output.mkdir()
            parts = split_in_child(file, name, dialect, self.limits, length, output)
            for part in parts:
                _check_size(key, part)
            return CutHistory(
                key=key, version_id=version.version_id, parts=tuple(self._put(part) for part in parts)
            )

    def _newest(self, key: str) -> ObjectVersion:
        found = [version for version in self.kept.versions(key) if version.key == key]
        if not found:
            message = f"there is no history {key}; put it where histories are kept, or correct its name"
            raise AccountingError(message)
        return found[-1]

    def _put(self, part: Part) -> CutPart:
        version = self.landing.put(str(part.name), part.file)
        return CutPart(key=version.key, version_id=version.version_id, rows=part.rows)


def _check_size(key: str, part: Part) -> None:
    most, size = Limits().max_file_bytes, part.file.stat().st_size
    if size > most:
        raise refusal(
            key,
            f"its part {part.name} has {size:,} bytes, more than the {most:,} that a delivery may have",
            "Cut it into shorter spans: quarter or month",
        )
