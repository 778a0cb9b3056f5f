"""Listing a bucket, and the rows of its many small immutable objects, read once a process."""

import operator
import threading
from bisect import bisect_right
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from io import BytesIO
from itertools import pairwise

import polars as pl

from analytics_platform.storage.lake.bucket import CONNECTIONS, Bucket, told
from analytics_platform.storage.lake.objects import DamagedLakeError
from analytics_platform.storage.lake.small_files import OLD_LAYOUT

_PAGE = 1000
"""Keys that S3 lists at once."""


def keys_below(of: Bucket, prefix: str, known: Sequence[str] = ()) -> list[str]:
    """Return all keys with a prefix, in order.

    A delivery can be published long after the moment that its key tells, so whatever stands there is listed
    each time. What was listed before cuts the keys into pages that are fetched at once.

    Parameters
    ----------
    of : Bucket
        The bucket.
    prefix : str
        What the keys begin with.
    known : sequence of str
        Keys that were listed before, in order.

    Raises
    ------
    UnreachableLakeError
        If the bucket does not answer, or refuses.
    """
    bounds = ["", *known[_PAGE - 1 :: _PAGE], ""]
    with ThreadPoolExecutor(min(CONNECTIONS, len(bounds) - 1)) as pool:
        parts = pool.map(lambda ends: _between(of, prefix, *ends), pairwise(bounds))
        return [key for part in parts for key in part]


def _between(of: Bucket, prefix: str, after: str, last: str) -> list[str]:
    """Return the keys behind one, up to another."""
    found: list[str] = []
    while True:
        with told(of.name):
            page = of.client.list_objects_v2(
                Bucket=of.name, Prefix=prefix, MaxKeys=_PAGE, **({"StartAfter": after} if after else {})
            )
        found.extend(content["Key"] for content in page.get("Contents", ()))
        if last and found and found[-1] >= last:
            return found[: bisect_right(found, last)]
        if not page["IsTruncated"]:
            return found
        after = found[-1]


@dataclass
class _Group:
    """Objects that are asked for together: of `deliveries`, those of one table.

    Attributes
    ----------
    keys : tuple of str
        Keys in order.
    rows : DataFrame
        Their rows.
    """

    keys: tuple[str, ...] = ()
    rows: pl.DataFrame = field(default_factory=pl.DataFrame)


class SmallObjects:
    """The rows of the Parquet objects below one folder of a bucket.

    Parameters
    ----------
    of : Bucket
        The bucket.
    folder : str
        Key of the folder in the bucket, with ``/`` at its end.
    schema : Schema
        Columns of the objects.
    """

    def __init__(self, of: Bucket, folder: str, schema: pl.Schema) -> None:
        self._bucket = of
        self._folder = folder
        self._schema = schema
        self._groups: dict[str, _Group] = {}
        self._together: dict[str | None, tuple[tuple[pl.DataFrame, ...], pl.DataFrame]] = {}
        self._lock = threading.Lock()

    def rows(self, only: str | None = None) -> pl.DataFrame:
        """Return the rows of all objects, or of one folder and of the layout before there was one a table.

        The same object as before is returned if nothing has come since.
        """
        with self._lock:
            self._look(only)
            if only is not None and OLD_LAYOUT not in self._groups:
                self._look(OLD_LAYOUT)  # once: nothing is put there any more
            names = sorted(self._groups) if only is None else [only, OLD_LAYOUT]
            groups = (self._groups[name] for name in names if name in self._groups)
            parts = tuple(group.rows for group in groups if group.rows.height)
            same = self._together.get(only)
            if same is None or len(same[0]) != len(parts) or any(map(operator.is_not, same[0], parts)):
                same = (parts, pl.concat(parts) if parts else pl.DataFrame(schema=self._schema))
                self._together[only] = same
            return same[1]

    def _look(self, name: str | None) -> None:
        """List one group, or all, and read what has come."""
        below = "" if name is None else name if name == OLD_LAYOUT else f"{name}/"
        names = list(self._groups) if name is None else [name]
        known = sorted(key for each in names for key in self._groups.get(each, _Group()).keys)
        listed = keys_below(self._bucket, self._folder + below, known)
        by_group: dict[str, list[str]] = {each: [] for each in names}
        for key in listed:
            if key.endswith(".parquet"):
                by_group.setdefault(self._group_of(key), []).append(key)
        for each, keys in by_group.items():
            self._renew(each, tuple(keys))

    def _group_of(self, key: str) -> str:
        name = key.removeprefix(self._folder).partition("/")[0]
        return OLD_LAYOUT if name.startswith(OLD_LAYOUT) else name

    def _renew(self, name: str, keys: tuple[str, ...]) -> None:
        """Read the objects of a group that were not there before; all of them, if one has gone."""
        known = self._groups.setdefault(name, _Group())
        if keys == known.keys:
            return
        if not set(known.keys) <= set(keys):
            known = _Group()
        new = sorted(set(keys) - set(known.keys))
        parts = [part for part in (known.rows, *self._read(new)) if part.height]
        self._groups[name] = _Group(keys, pl.concat(parts) if parts else pl.DataFrame())

    def _read(self, keys: Iterable[str]) -> list[pl.DataFrame]:
        with ThreadPoolExecutor(CONNECTIONS) as pool, told(self._bucket.name):
            return list(pool.map(self._read_one, keys))

    def _read_one(self, key: str) -> pl.DataFrame:
        try:
            found = self._bucket.client.get_object(Bucket=self._bucket.name, Key=key)
            with found["Body"] as body:
                return pl.read_parquet(BytesIO(body.read()))
        except self._bucket.client.exceptions.NoSuchKey as error:
            message = f"s3://{self._bucket.name}/{key} was listed and is gone; run `analytics reconcile`"
            raise DamagedLakeError(message) from error
        except pl.exceptions.ComputeError as error:
            message = f"s3://{self._bucket.name}/{key} is damaged; delete it, then run `analytics reconcile`"
            raise DamagedLakeError(message) from error
