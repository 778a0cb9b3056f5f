"""Published versions: what pages, reports and the API read. Nothing of a version is ever changed."""

import fcntl
import hashlib
import io
import json
from bisect import bisect_right
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl

from analytics_platform.calendars.moments import written
from analytics_platform.storage import files
from analytics_platform.storage.published.versions import (
    Part,
    Version,
    next_moment,
    published_at,
    version_name,
)

POINTER = "current.json"
OBJECTS = "objects"
MANIFESTS = "versions"
DATE_COLUMN = "business_date"

ORPHAN_HOURS = 24
"""An object that no version names may belong to a publication that goes on; after a day it does not."""


class NotPublishedError(LookupError):
    """Nothing was published at the moment that is asked about."""


class DamagedVersionError(RuntimeError):
    """A published object is missing or is not what was published."""


@dataclass(frozen=True)
class ServingStore:
    """Published versions in a folder: objects named by their content, manifests, and a pointer.

    A version is visible when the pointer names it, which is the last thing that `publish` writes. A run that
    is killed before leaves objects or a manifest that nobody reads.

    Attributes
    ----------
    root : Path
        The folder.
    """

    root: Path

    def publish(
        self, tables: Mapping[str, pl.DataFrame], *, run_id: str, known_at: datetime, code_version: str
    ) -> Version:
        """Write the objects that are not there yet, the manifest, then the pointer.

        Parameters
        ----------
        tables : mapping of str to DataFrame
            Tables by name. Equal rows give equal objects, whatever their order. Each is asked for once, and
            let go before the next: a mapping that reads them on demand holds one at a time.
        run_id : str
            Run that publishes.
        known_at : datetime
            Moment whose deliveries the run knew.
        code_version : str
            Version of the package and of the risk model.
        """
        parts = {name: tuple(self._keep(tables[name])) for name in sorted(tables)}
        with self._only_publisher():
            names = self.names()
            now = next_moment(names)
            version = Version(
                version_name(now, run_id), now, run_id, known_at.astimezone(UTC), code_version, parts
            )
            files.write_text(self._manifest(version.name), version.to_json())
            self._point_to([*names, version.name])
        return version

    def names(self) -> list[str]:
        """Return the names of all published versions, oldest first."""
        pointer = self.root / POINTER
        return list(json.loads(pointer.read_text("utf-8")).get("versions", [])) if pointer.exists() else []

    def mark(self) -> tuple[int, int] | None:
        """Return what changes whenever the pointer moves; None before the first publication."""
        try:
            status = (self.root / POINTER).stat()
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino

    def version(self, as_known_at: datetime | None = None, names: list[str] | None = None) -> str | None:
        """Return the name of the version that counted at a moment; None if nothing was published by then.

        Parameters
        ----------
        as_known_at : datetime, optional
            The version that a reader saw then, so the newest published by then; now by default.
        names : list of str, optional
            What `names` returned, where the caller has kept it.
        """
        names = self.names() if names is None else names
        if as_known_at is not None:
            names = names[: bisect_right(names, as_known_at, key=published_at)]
        return names[-1] if names else None

    def versions(self) -> list[Version]:
        """Return all published versions, oldest first."""
        return [self.manifest(name) for name in self.names()]

    def at(self, as_known_at: datetime | None = None) -> Version:
        """Return the version that counted at a moment, by default now.

        Raises
        ------
        NotPublishedError
            If nothing was published by then.
        """
        name = self.version(as_known_at)
        if name is not None:
            return self.manifest(name)
        names = self.names()
        if as_known_at is None or not names:
            message = f"nothing is published in {self.root} yet: run `make demo` or `analytics backfill`"
            raise NotPublishedError(message)
        message = (
            f"nothing was published by {written(as_known_at)}: the first version is of "
            f"{written(published_at(names[0]))}; ask for that moment or a later one"
        )
        raise NotPublishedError(message)

    def manifest(self, name: str) -> Version:
        """Return the manifest of a version."""
        return Version.from_json(self._manifest(name).read_text("utf-8"))

    def read(self, name: str, as_known_at: datetime | None = None) -> pl.DataFrame:
        """Return a table of the version that counted at a moment, by default now.

        Raises
        ------
        NotPublishedError
            If nothing was published by then, or not that table.
        DamagedVersionError
            If an object is missing or changed.
        """
        return self.table(self.at(as_known_at), name)

    def table(self, version: Version, name: str, *, month_of: date | None = None) -> pl.DataFrame:
        """Return a table of a version; its rows by month, then in the order of its columns.

        Parameters
        ----------
        version : Version
            What was published.
        name : str
            Table.
        month_of : date, optional
            Only the objects that hold the month of this day; they may hold the year, or all. None is
            read if none does.
        """
        if name not in version.tables:
            message = f"version {version.name} was published without {name}: ask for a later moment"
            raise NotPublishedError(message)
        parts = version.tables[name]
        if month_of is not None:
            asked = month_of.isoformat()
            found = [part for part in parts if part.name == "all" or asked.startswith(part.name)]
            if not found:
                return self._load(parts[0]).clear()
            parts = tuple(found)
        return pl.concat([self._load(part) for part in parts])

    def prune(self, keep_days: int, now: datetime | None = None) -> int:
        """Forget the versions that ceased to count more than some days ago; return how many objects went.

        The pointer moves first, then manifests go, then objects that no kept manifest names. What was
        published before the oldest kept version cannot be asked for any more.
        """
        now = now or datetime.now(UTC)
        with self._only_publisher():
            names = self.names()
            oldest = max(bisect_right(names, now - timedelta(days=keep_days), key=published_at) - 1, 0)
            if oldest:
                self._point_to(names[oldest:])
            for manifest in (self.root / MANIFESTS).glob("[!.]*.json"):
                if manifest.stem in names[:oldest]:
                    manifest.unlink()
            named = {
                part.sha256
                for version in self.versions()
                for parts in version.tables.values()
                for part in parts
            }
            removed = 0
            for found in (self.root / OBJECTS).glob("[!.]*.parquet"):
                if found.stem not in named and found.stat().st_mtime < now.timestamp() - ORPHAN_HOURS * 3600:
                    found.unlink()
                    removed += 1
        return removed

    def _keep(self, table: pl.DataFrame) -> Iterator[Part]:
        for name, rows in _parts(table):
            buffer = io.BytesIO()
            rows.sort(rows.columns, nulls_last=True).write_parquet(
                buffer, compression="zstd", compression_level=3, statistics=True
            )
            content = buffer.getvalue()
            part = Part(name, rows.height, hashlib.sha256(content).hexdigest())
            target = self._object(part)
            if not target.exists():
                with files.replacing(target) as temporary:
                    temporary.write_bytes(content)
            yield part

    def _load(self, part: Part) -> pl.DataFrame:
        path = self._object(part)
        content = path.read_bytes() if path.exists() else b""
        if hashlib.sha256(content).hexdigest() != part.sha256:
            message = f"{path} is missing or damaged: restore it from a backup, or backfill and publish anew"
            raise DamagedVersionError(message)
        return pl.read_parquet(io.BytesIO(content))

    def _point_to(self, names: list[str]) -> None:
        files.write_text(self.root / POINTER, json.dumps({"version": names[-1], "versions": names}, indent=1))

    def _object(self, part: Part) -> Path:
        return self.root / OBJECTS / f"{part.sha256}.parquet"

    def _manifest(self, name: str) -> Path:
        return self.root / MANIFESTS / f"{name}.json"

    @contextmanager
    def _only_publisher(self) -> Iterator[None]:
        self.root.mkdir(parents=True, exist_ok=True)
        with (self.root / ".lock").open("w") as file:
            fcntl.flock(file, fcntl.LOCK_EX)
            yield


def _parts(table: pl.DataFrame) -> Iterator[tuple[str, pl.DataFrame]]:
    """Split a table by the month of its date, by the year if it has one row a date."""
    if table.schema.get(DATE_COLUMN) != pl.Date or table.is_empty():
        yield "all", table
        return
    dates = table[DATE_COLUMN]
    name = dates.dt.strftime("%Y" if dates.is_unique().all() else "%Y-%m").fill_null("none")
    for part in name.unique().sort():
        yield part, table.filter(name == part)
