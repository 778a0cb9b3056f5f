"""Copies of delivered facts in order of instrument, so that one instrument's history is one short read.

Deliveries come by date: an instrument's history would open every one of them. A copy holds the rows of many
deliveries, superseded ones too, so it answers whatever moment is asked about. Copies can be deleted at any
time: they are made again.
"""

import hashlib
import math
import threading
from collections.abc import Collection, Hashable, Iterable, Iterator, Sequence
from dataclasses import dataclass, fields

import polars as pl
from pydantic import BaseModel, ConfigDict

from analytics_platform.storage.lake.layout import COPIES, Delivery, object_key
from analytics_platform.storage.lake.objects import Objects
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

INSTRUMENT = "instrument_id"
_DELIVERY = [field.name for field in fields(Delivery)]

_GROWTH = 4
_ROW_GROUP_ROWS = 32_768
_LARGEST_ROWS = 50_000_000
_GRACE_SECONDS = 3600
_INDEX = "index.json"


@dataclass(frozen=True)
class Sizes:
    """What is little and what is much.

    Attributes
    ----------
    deliveries, rows : int
        As much a reader may find beside the copies; more is copied, too.
    rows_a_part : int
        Rows that are sorted and written at once, in memory.
    """

    deliveries: int = 8
    rows: int = 500_000
    rows_a_part: int = 1_000_000


USUAL = Sizes()


class Part(BaseModel):
    """One file of a copy.

    Attributes
    ----------
    file : str
        Its name.
    first, last : str
        The first and the last instrument in it. No instrument stands in two parts of a copy.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    file: str
    first: str
    last: str


class Copy(BaseModel):
    """The rows of some deliveries in order of instrument.

    Attributes
    ----------
    rows : int
        Number of rows.
    delivery_ids : tuple of str
        Whose rows they are: all of each.
    parts : tuple of Part
        The files.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    rows: int
    delivery_ids: tuple[str, ...]
    parts: tuple[Part, ...]


class Copies(BaseModel):
    """The copies of one table; no delivery is in two.

    Attributes
    ----------
    copies : tuple of Copy
        The copies.
    """

    model_config = ConfigDict(frozen=True, extra="forbid")

    copies: tuple[Copy, ...] = ()


_known: dict[str, "Arranged"] = {}
_lock = threading.Lock()


class Arranged:
    """The copies of a table as a reader sees them.

    Parameters
    ----------
    folder : str
        Key of the folder of their files.
    copies : Copies
        What there is.
    identity : hashable or None
        Of the index that says so; None if there is none.
    """

    def __init__(self, folder: str, copies: Copies, identity: Hashable | None = None) -> None:
        self.folder = folder
        self.copies = copies.copies
        self.identity = identity
        self._place = {name: place for place, copy in enumerate(self.copies) for name in copy.delivery_ids}

    @property
    def delivery_ids(self) -> Collection[str]:
        """Names of all deliveries that stand in a copy."""
        return self._place.keys()

    def files_with(self, delivery_ids: Iterable[str], instruments: Collection[str]) -> list[str]:
        """Return the keys of the files that can hold rows of some deliveries and instruments."""
        places = {self._place.get(name) for name in delivery_ids} - {None}
        return [
            f"{self.folder}/{part.file}"
            for place, copy in enumerate(self.copies)
            if place in places
            for part in copy.parts
            if any(part.first <= instrument <= part.last for instrument in instruments)
        ]


def copies(objects: Objects, table_name: str) -> Arranged:
    """Return the copies of a table; none if there is no index of them."""
    folder = f"{COPIES}/{table_name}"
    key = f"{folder}/{_INDEX}"
    with _lock:
        identity = objects.identity(key)
        if identity is None:
            return Arranged(folder, Copies())
        address = objects.address(key)
        known = _known.get(address)
        if known is None or known.identity != identity:
            known = Arranged(folder, Copies.model_validate_json(objects.load(key)), identity)
            _known[address] = known
        return known


def arrange(objects: Objects, table: Table, sizes: Sizes = USUAL) -> int:
    """Copy what has come since, once it is enough to slow down the readers of one instrument.

    Copies that are not much larger than what has come are merged with it, so their number grows with the
    logarithm of the rows. The index is replaced last: until then readers see what they saw before. Of two
    processes that arrange a bucket at once, the work of the second is dropped.

    Parameters
    ----------
    objects : Objects
        Where the lake stands.
    table : Table
        A table of facts with dates and instruments; others are left alone.
    sizes : Sizes
        What is little and what is much.

    Returns
    -------
    int
        Rows copied.
    """
    if table.kind != "fact" or table.date_column is None or INSTRUMENT not in table.columns:
        return 0
    before = copies(objects, table.name)
    published = objects.rows(DELIVERIES.name, DELIVERIES.lake_columns, only=table.name)
    new = published.filter(
        pl.col("table_name") == table.name, ~pl.col("delivery_id").is_in(before.delivery_ids)
    )
    rows = int(new["rows_accepted"].sum())
    if new.height <= sizes.deliveries and rows <= sizes.rows:
        return 0
    kept, merged = [], []
    for copy in sorted(before.copies, key=lambda each: each.rows):
        if copy.rows <= _GROWTH * rows and copy.rows + rows <= _LARGEST_ROWS:
            merged.append(copy)
            rows += copy.rows
        else:
            kept.append(copy)
    deliveries = (Delivery(**row) for row in new.select(_DELIVERY).iter_rows(named=True))
    sources = [object_key(table.name, delivery) for delivery in deliveries]
    sources += [f"{before.folder}/{part.file}" for copy in merged for part in copy.parts]
    names = sorted({*new["delivery_id"], *(name for copy in merged for name in copy.delivery_ids)})
    target = f"{before.folder}/{_digest(names)}"
    parts = _written(objects, table, sources, math.ceil(rows / sizes.rows_a_part), target)
    after = Copies(copies=(*kept, Copy(rows=rows, delivery_ids=tuple(names), parts=tuple(parts))))
    index = after.model_dump_json().encode()
    if not objects.store(f"{before.folder}/{_INDEX}", index, instead_of=before.identity):
        return 0
    named = {part.file for copy in after.copies for part in copy.parts}
    # A reader may still hold the index before.
    objects.forget(before.folder, but=named, older_than_seconds=_GRACE_SECONDS)
    return rows


def _written(objects: Objects, table: Table, sources: list[str], number: int, target: str) -> Iterator[Part]:
    """Write the rows of some files in order of instrument, so many at a time that memory holds them."""
    together = objects.scan(sources, table.lake_columns)
    for first, last in _ranges(together, number):
        part = (
            together.filter(pl.col(INSTRUMENT).is_between(pl.lit(first), pl.lit(last)))
            .sort(INSTRUMENT, str(table.date_column))
            .collect()
        )
        key = f"{target}_{_digest([first])}.parquet"
        with objects.writing(key) as temporary:
            part.write_parquet(temporary, compression="zstd", row_group_size=_ROW_GROUP_ROWS)
        yield Part(file=key.rpartition("/")[2], first=first, last=last)


def _ranges(rows: pl.LazyFrame, number: int) -> list[tuple[str, str]]:
    """Cut the instruments into ranges of about as many rows each."""
    counts = rows.group_by(INSTRUMENT).agg(rows=pl.len()).sort(INSTRUMENT).collect(engine="streaming")
    share = (pl.col("rows").cum_sum() - 1) * number // pl.col("rows").sum()
    ends = counts.group_by(share.alias("range"), maintain_order=True).agg(
        first=pl.col(INSTRUMENT).first(), last=pl.col(INSTRUMENT).last()
    )
    return list(ends.select("first", "last").iter_rows())


def _digest(words: Sequence[str]) -> str:
    return hashlib.sha256("\n".join(words).encode()).hexdigest()[:16]
