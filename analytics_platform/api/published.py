"""Published versions in memory: one version answers a request, and an object is read from disk once."""

import os
from bisect import bisect_right
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from threading import Lock

import polars as pl

from analytics_platform.api.partitions import Partition
from analytics_platform.storage.published.serving import POINTER, NotPublishedError, ServingStore
from analytics_platform.storage.published.versions import Part, Version

LARGEST_MEMORY = 512 << 20
"""Bytes of objects held at once, over all versions; the one asked for longest ago goes first."""

_KEPT_MANIFESTS = 64
_MONTH = len("2013-03")
Mark = tuple[int, int]


@dataclass(frozen=True)
class Publication:
    """What is published between two moves of the pointer.

    Attributes
    ----------
    mark : (int, int)
        Changes whenever the pointer moves.
    names : tuple of str
        All versions that can be asked for, oldest first.
    """

    mark: Mark
    names: tuple[str, ...]


class PublishedTables:
    """Tables of the published versions. An object never changes, so nothing grows stale.

    Versions share the objects that are the same in both: after a publication only new ones are read.

    Parameters
    ----------
    store : ServingStore
        Where they are published. The pointer is read again when it has moved.
    orders : mapping of str to sequence of str
        By which columns the rows of a table are sorted within a session.
    largest_memory : int
        Bytes of objects held at once.
    """

    def __init__(
        self,
        store: ServingStore,
        orders: Mapping[str, Sequence[str]] | None = None,
        largest_memory: int = LARGEST_MEMORY,
    ) -> None:
        self._store = store
        self._pointer = str(store.root / POINTER)
        self._orders = orders or {}
        self._largest = largest_memory
        self._partitions: OrderedDict[tuple[str, str], Partition] = OrderedDict()
        self._manifests: OrderedDict[str, Version] = OrderedDict()
        self._publication: Publication | None = None
        self._lock = Lock()
        self._reading = Lock()

    def publication(self) -> Publication:
        """Return what is published now: a look at the pointer, which is read only when it has moved.

        Raises
        ------
        NotPublishedError
            If nothing is published yet.
        """
        mark = self._mark()
        known = self._publication
        if mark is not None and known is not None and known.mark == mark:
            return known
        names = tuple(self._store.names()) if mark is not None else ()
        if mark is None or not names:
            message = "nothing is published yet: run `make demo` or `analytics backfill`"
            raise NotPublishedError(message)
        self._publication = Publication(mark, names)
        return self._publication

    def at(self, as_known_at: datetime | None, publication: Publication | None = None) -> Version:
        """Return the version that counted at a moment, by default now.

        Raises
        ------
        NotPublishedError
            If nothing was published by then.
        """
        names = (publication or self.publication()).names
        name = self._store.version(as_known_at, list(names))
        return self._store.at(as_known_at) if name is None else self.named(name)

    def named(self, name: str) -> Version:
        """Return a version by its name, which must be one of a publication's."""
        with self._lock:
            if name in self._manifests:
                self._manifests.move_to_end(name)
                return self._manifests[name]
        try:
            version = self._store.manifest(name)
        except FileNotFoundError as error:
            message = f"version {name} is not kept any longer: ask for a later moment"
            raise NotPublishedError(message) from error
        with self._lock:
            self._manifests[name] = version
            while len(self._manifests) > _KEPT_MANIFESTS:
                self._manifests.popitem(last=False)
        return version

    def partitions(
        self, version: Version, table: str, between: tuple[date, date] | None = None
    ) -> list[Partition]:
        """Return a table of a version, oldest first; with a range only what may have rows of it.

        Raises
        ------
        NotPublishedError
            If the version has no such table.
        """
        parts = parts_of(version, table)
        return [self._partition(version, table, part) for part in parts if _may_hold(part, between)]

    def newest_session(self, version: Version, table: str, until: date = date.max) -> date | None:
        """Return the newest session, up to a date, that a table has rows of."""
        for part in reversed(parts_of(version, table)):
            if _may_hold(part, (date.min, until)):
                sessions = self._partition(version, table, part).sessions()
                found = bisect_right(sessions, until)
                if found:
                    return sessions[found - 1]
        return None

    def no_rows(self, version: Version, table: str) -> pl.DataFrame:
        """Return the columns of a table without a row."""
        return self._partition(version, table, parts_of(version, table)[-1]).rows.clear()

    def _mark(self) -> Mark | None:
        """Return what `ServingStore.mark` does, by a path that is made once: every request asks."""
        try:
            status = os.stat(self._pointer)  # noqa: PTH116 - a Path takes twice as long
        except FileNotFoundError:
            return None
        return status.st_mtime_ns, status.st_ino

    def _partition(self, version: Version, table: str, part: Part) -> Partition:
        key = (table, part.sha256)
        found = self._held(key)
        if found is not None:
            return found
        with self._reading:
            found = self._held(key)
            if found is None:
                rows = self._store.table(replace(version, tables={table: (part,)}), table)
                found = Partition.of(rows, self._orders.get(table, ()))
                self._keep(key, found)
        return found

    def _held(self, key: tuple[str, str]) -> Partition | None:
        with self._lock:
            if key in self._partitions:
                self._partitions.move_to_end(key)
            return self._partitions.get(key)

    def _keep(self, key: tuple[str, str], partition: Partition) -> None:
        with self._lock:
            self._partitions[key] = partition
            size = sum(each.size for each in self._partitions.values())
            while size > self._largest and len(self._partitions) > 1:
                size -= self._partitions.popitem(last=False)[1].size


def parts_of(version: Version, table: str) -> tuple[Part, ...]:
    """Return the objects of a table.

    Raises
    ------
    NotPublishedError
        If the version has no such table.
    """
    if table not in version.tables:
        message = (
            f"version {version.name} was published without {table}: ask for a later moment, "
            "or publish anew with `analytics backfill`"
        )
        raise NotPublishedError(message)
    return version.tables[table]


def _may_hold(part: Part, between: tuple[date, date] | None) -> bool:
    """Tell by the name of an object, a month or a year, whether it may have rows of a range."""
    if between is None or not part.name[:4].isdecimal():
        return True
    size = _MONTH if len(part.name) == _MONTH else 4
    first, last = (day.isoformat()[:size] for day in between)
    return first <= part.name <= last
