"""Comparing the columns of a relation with those of the rows that it is to take, before anything is sent."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from analytics_platform.storage.redshift.faults import LoadError, SchemaMismatchError
from analytics_platform.storage.redshift.types import redshift_type

_COLUMNS = """
select column_name, data_type, character_maximum_length, numeric_precision, numeric_scale
from information_schema.columns
where table_schema = ? and table_name = ?
order by ordinal_position"""

_WITHOUT_ZONE = re.compile(r" without time zone$")


@dataclass(frozen=True)
class Column:
    """A column of a relation.

    Attributes
    ----------
    name : str
        Its name.
    type_ : str
        Its type as a contract names it, such as ``decimal(20, 8)`` or ``varchar``.
    longest : int or None
        Bytes of its longest text; None where it holds no text.
    """

    name: str
    type_: str
    longest: int | None = None


def columns_of(cursor: Any, relation: str) -> list[Column]:  # noqa: ANN401 - the connector has no types
    """Return the columns of a relation in order.

    Raises
    ------
    SchemaMismatchError
        If there is no such relation, or it may not be seen.
    """
    schema, _, table = relation.partition(".")
    cursor.execute(_COLUMNS, (schema, table))
    found = [_column(*row) for row in cursor.fetchall()]
    if not found:
        message = (
            f"{relation} is not in this database, or this user may not see it; run `analytics warehouse "
            "bootstrap`, then build it with dbt"
        )
        raise SchemaMismatchError(message)
    return found


def refuse_other_columns(relation: str, found: list[Column], rows: Mapping[str, pl.DataType]) -> None:
    """Refuse rows whose columns have another name, place or type: COPY of Parquet goes by place.

    Raises
    ------
    SchemaMismatchError
        Names each column, what the relation has and what the rows have.
    """
    wanted = {name: _family(redshift_type(dtype)) for name, dtype in rows.items()}
    there = {column.name: column.type_ for column in found}
    differing = [
        f"column {name}: the table has {there.get(name, 'none')}, the rows have {wanted.get(name, 'none')}"
        for name in {**there, **wanted}
        if there.get(name) != wanted.get(name)
    ]
    if not differing and list(there) != list(wanted):
        differing = [
            f"the table has the order {', '.join(there)}, the rows have {', '.join(wanted)}",
        ]
    if differing:
        message = f"{relation} cannot take the rows: {'; '.join(differing)}"
        raise SchemaMismatchError(message)


def refuse_long_texts(relation: str, found: list[Column], rows: pl.DataFrame, first_row: int) -> None:
    """Refuse a text with more bytes than its column takes; Redshift counts bytes, not letters.

    Raises
    ------
    LoadError
        Names the first row of each such column, its bytes and the most that there may be.
    """
    for column in found:
        if column.longest is None:
            continue
        sizes = rows[column.name].str.len_bytes()
        if (most := sizes.max()) is not None and int(str(most)) > column.longest:
            place = (sizes > column.longest).arg_true()[0]
            shown = str(rows[column.name][place])[:40]
            message = (
                f"row {first_row + place + 1} of the rows for {relation} has {sizes[place]} bytes in column "
                f"{column.name} ({shown!r} ...), which takes {column.longest}: shorten it, or widen that"
            )
            raise LoadError(message)


def _column(name: str, type_: str, length: int | None, precision: int | None, scale: int | None) -> Column:
    plain = _WITHOUT_ZONE.sub("", type_)
    if plain in {"character varying", "character", "text"}:
        return Column(name, "varchar", length)
    if plain in {"numeric", "decimal"}:
        return Column(name, f"decimal({precision}, {scale})")
    return Column(name, plain)


def _family(type_: str) -> str:
    return "varchar" if type_.startswith("varchar") else type_
