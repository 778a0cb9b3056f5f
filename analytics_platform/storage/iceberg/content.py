"""Which data files of an Iceberg table hold the rows of which deliveries."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

import pyarrow.parquet as pq
from pyiceberg.conversions import from_bytes
from pyiceberg.manifest import DataFile, ManifestContent, ManifestFile
from pyiceberg.table import Table

from analytics_platform.storage.iceberg.names import RowsOf
from analytics_platform.storage.lake.objects import DamagedLakeError

_TOLD_BY = ("delivery_id", "known_at")


@dataclass(frozen=True)
class Content:
    """The state of an Iceberg table.

    Attributes
    ----------
    files : dict of str to frozenset of RowsOf
        Whose rows stand in each data file, by its address.
    """

    files: dict[str, frozenset[RowsOf]]

    def has(self, rows_of: RowsOf) -> bool:
        """Tell whether the table has rows of a delivery."""
        return any(rows_of in each for each in self.files.values())

    def holding(self, wanted: Iterable[RowsOf]) -> tuple[list[str], frozenset[RowsOf]]:
        """Return the files with rows of some deliveries, and all deliveries with rows in these files."""
        chosen = frozenset(wanted)
        found = {address: each for address, each in self.files.items() if not chosen.isdisjoint(each)}
        return list(found), frozenset().union(*found.values())


class Contents:
    """Reads the states of Iceberg tables; what has been read of an immutable file is remembered."""

    def __init__(self) -> None:
        self._known: dict[str, dict[str, dict[str, frozenset[RowsOf]]]] = {}

    def of(self, table: Table) -> Content:
        """Return the newest state that a loaded table knows.

        Raises
        ------
        DamagedLakeError
            If another engine has deleted single rows.
        """
        snapshot = table.current_snapshot()
        if snapshot is None:
            return Content({})
        name = str(table.metadata.table_uuid)
        known = self._known.get(name, {})
        found: dict[str, dict[str, frozenset[RowsOf]]] = {}
        for manifest in snapshot.manifests(table.io):
            if manifest.content == ManifestContent.DELETES:
                called = ".".join(table.name())
                message = (
                    f"another engine has deleted rows of the Iceberg table {called}: deliveries are "
                    "immutable; roll it back to a snapshot before that"
                )
                raise DamagedLakeError(message)
            path = manifest.manifest_path
            found[path] = known[path] if path in known else _files(table, manifest)
        self._known[name] = found
        return Content({address: rows for files in found.values() for address, rows in files.items()})


def _files(table: Table, manifest: ManifestFile) -> dict[str, frozenset[RowsOf]]:
    entries = manifest.fetch_manifest_entry(table.io, discard_deleted=True)
    return {entry.data_file.file_path: _rows_in(table, entry.data_file) for entry in entries}


def _rows_in(table: Table, file: DataFile) -> frozenset[RowsOf]:
    """Return whose rows stand in a data file: of one delivery, unless another engine has rewritten it."""
    fields = [table.schema().find_field(name) for name in _TOLD_BY]
    lowest, highest = (
        [_bound(bounds, field) for field in fields] for bounds in (file.lower_bounds, file.upper_bounds)
    )
    if None not in lowest and lowest == highest:
        return frozenset({RowsOf(*lowest)})
    with table.io.new_input(file.file_path).open() as opened:
        rows = pq.read_table(opened, columns=list(_TOLD_BY))
    moments = rows["known_at"].cast("int64").to_pylist()
    return frozenset(map(RowsOf, rows["delivery_id"].to_pylist(), moments))


def _bound(bounds: dict[int, bytes] | None, field: Any) -> Any:  # noqa: ANN401 - whatever type the column has
    found = (bounds or {}).get(field.field_id)
    return None if found is None else from_bytes(field.field_type, found)
