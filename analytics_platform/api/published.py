"""Published tables in memory: one version answers a request, and disk is read once a version and table."""

from collections import OrderedDict
from datetime import datetime
from threading import Lock

import polars as pl

from analytics_platform.storage.published.serving import NotPublishedError, ServingStore
from analytics_platform.storage.published.versions import Version

KEPT_TABLES = 64
"""Tables held at once, over all versions; the one that was asked for longest ago goes first."""


class PublishedTables:
    """Tables of the published versions, held in memory. A version never changes, so nothing grows stale.

    Parameters
    ----------
    store : ServingStore
        Where they are published. The pointer is read again when it has moved.
    """

    def __init__(self, store: ServingStore) -> None:
        self._store = store
        self._tables: OrderedDict[tuple[str, str], pl.DataFrame] = OrderedDict()
        self._manifests: dict[str, Version] = {}
        self._names: tuple[tuple[int, int], list[str]] = ((0, 0), [])
        self._lock = Lock()

    def at(self, as_known_at: datetime | None) -> Version:
        """Return the version that counted at a moment, by default now.

        Raises
        ------
        NotPublishedError
            If nothing was published by then.
        """
        name = self._store.version(as_known_at, self._published())
        if name is None:
            return self._store.at(as_known_at)
        if name not in self._manifests:
            self._manifests[name] = self._store.manifest(name)
        return self._manifests[name]

    def read(self, version: Version, name: str) -> pl.DataFrame:
        """Return a table of a version.

        Raises
        ------
        NotPublishedError
            If the version has no such table.
        """
        key = (version.name, name)
        with self._lock:
            if key in self._tables:
                self._tables.move_to_end(key)
                return self._tables[key]
        table = self._store.table(version, name)
        with self._lock:
            self._tables[key] = table
            while len(self._tables) > KEPT_TABLES:
                self._tables.popitem(last=False)
        return table

    def _published(self) -> list[str]:
        mark = self._store.mark()
        if mark is None:
            message = "nothing is published yet"
            raise NotPublishedError(message)
        if mark != self._names[0]:
            self._names = (mark, self._store.names())
        return self._names[1]
