"""What must be done so that the catalogue says what the lake holds: a pure function of both. No client."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

from analytics_platform.storage.catalog.definitions import ExternalTable, Partition
from analytics_platform.storage.catalog.faults import CatalogError

Partitions = Mapping[tuple[str, ...], str]
"""Locations by the values of the keys."""


@dataclass(frozen=True)
class Content:
    """Tables and their partitions: those of the catalogue, or those that it should have.

    Attributes
    ----------
    tables : dict of str to ExternalTable
        Tables that the platform makes.
    partitions : dict of str to Partitions
        Partitions of each; a table without any may be missing.
    others : frozenset of str
        Tables that are no external tables of the platform, such as Iceberg tables.
    """

    tables: Mapping[str, ExternalTable]
    partitions: Mapping[str, Partitions] = field(default_factory=dict)
    others: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Step:
    """One thing to do.

    Attributes
    ----------
    action : {"add", "change", "remove"}
        What.
    table : ExternalTable
        Of which table, as it is afterwards, or was before it is removed.
    why : str
        What differs.
    partitions : tuple of Partition
        Which of its partitions; none if it is the table itself.
    """

    action: str
    table: ExternalTable
    why: str
    partitions: tuple[Partition, ...] = ()


def differences(found: Content, wanted: Content) -> list[Step]:
    """Return what makes the first content the second: tables first, then their partitions.

    Parameters
    ----------
    found : Content
        Of the catalogue.
    wanted : Content
        Of the lake.

    Raises
    ------
    CatalogError
        If a table of the lake is something else in the catalogue.
    """
    if clash := sorted(found.others & wanted.tables.keys()):
        message = (
            f"the catalogue keeps {', '.join(clash)} as no table of files: name it in "
            "ANALYTICS_ICEBERG_TABLES if it is an Iceberg table, or delete it from the catalogue"
        )
        raise CatalogError(message)
    return [*_table_steps(found, wanted), *_partition_steps(found, wanted)]


def _table_steps(found: Content, wanted: Content) -> Iterator[Step]:
    for name, table in wanted.tables.items():
        old = found.tables.get(name)
        if old is None:
            yield Step("add", table, f"{len(table.columns)} columns")
        elif why := _changed(old, table):
            yield Step("change", _ordered(table, old), why)
    for name in sorted(found.tables.keys() - wanted.tables.keys()):
        yield Step("remove", found.tables[name], "the lake has no such table of files")


def _partition_steps(found: Content, wanted: Content) -> Iterator[Step]:
    for name, table in wanted.tables.items():
        old_table = found.tables.get(name)
        is_same = old_table is not None and old_table.keys == table.keys
        old = found.partitions.get(name, {}) if is_same else {}
        new = wanted.partitions.get(name, {})
        after = table if old_table is None else _ordered(table, old_table)
        is_retyped = old_table is not None and _retyped(old_table, table)
        added = _chosen(new, new.keys() - old.keys())
        shared = new.keys() & old.keys()
        moved = _chosen(new, {key for key in shared if is_retyped or new[key] != old[key]})
        gone = _chosen(old, old.keys() - new.keys())
        if added:
            yield Step("add", after, "deliveries that it does not show", added)
        if moved:
            why = "types of columns have changed" if is_retyped else "the lake stands elsewhere"
            yield Step("change", after, why, moved)
        if gone:
            yield Step("remove", after, "the lake has no objects there", gone)


def _changed(old: ExternalTable, new: ExternalTable) -> str:
    """Return what differs; an empty text if nothing does. The order of columns is no difference."""
    before = {column.name: column for column in old.columns}
    after = {column.name: column for column in new.columns}
    parts = [
        *(f"column {name} is new" for name in after if name not in before),
        *(f"column {name} is no longer there" for name in before if name not in after),
        *(
            f"column {name} is {column.kind}, not {before[name].kind}"
            for name, column in after.items()
            if name in before and before[name].kind != column.kind
        ),
    ]
    if old.location != new.location:
        parts.append(f"it stands at {new.location}, not at {old.location}")
    if old.keys != new.keys:
        parts.append(f"its keys are {_names(new)}, not {_names(old)}")
    if not parts and (before != after or old.comment != new.comment):
        parts.append("its descriptions")
    return "; ".join(parts)


def _retyped(old: ExternalTable, new: ExternalTable) -> bool:
    kinds = {column.name: column.kind for column in old.columns}
    return any(kinds.get(column.name, column.kind) != column.kind for column in new.columns)


def _ordered(new: ExternalTable, old: ExternalTable) -> ExternalTable:
    own = {column.name for column in new.columns}
    grown = new.grown_from(old)
    return replace(grown, columns=tuple(column for column in grown.columns if column.name in own))


def _names(table: ExternalTable) -> str:
    return ", ".join(key.name for key in table.keys) or "none"


def _chosen(of: Partitions, keys: set[tuple[str, ...]]) -> tuple[Partition, ...]:
    return tuple(Partition(key, of[key]) for key in sorted(keys))
