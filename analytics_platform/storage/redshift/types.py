"""Column types: of contracts in Redshift, and of what Redshift answers in Polars."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

import polars as pl

_SIMPLE: dict[pl.DataType, str] = {
    pl.String(): "varchar(256)",
    pl.Date(): "date",
    pl.Boolean(): "boolean",
    pl.Int64(): "bigint",
    pl.Int32(): "integer",
    pl.Int16(): "smallint",
    pl.Float64(): "double precision",
    pl.Float32(): "real",
    pl.Datetime("us"): "timestamp",
    pl.Datetime("us", "UTC"): "timestamp",
}

_OF_OID: dict[int, pl.DataType] = {
    16: pl.Boolean(),
    18: pl.String(),
    19: pl.String(),
    20: pl.Int64(),
    21: pl.Int16(),
    23: pl.Int32(),
    25: pl.String(),
    26: pl.Int64(),
    700: pl.Float32(),
    701: pl.Float64(),
    705: pl.String(),  # a literal without a type
    1042: pl.String(),
    1043: pl.String(),
    1082: pl.Date(),
    1114: pl.Datetime("us"),
    1184: pl.Datetime("us", "UTC"),
}
_NUMERIC_OID = 1700
_MODIFIER_OFFSET = 4


def redshift_type(dtype: pl.DataType) -> str:
    """Return the type of a native column.

    Raises
    ------
    TypeError
        If Redshift has no such type.

    Examples
    --------
    >>> redshift_type(pl.Decimal(20, 8))
    'decimal(20, 8)'
    """
    if isinstance(dtype, pl.Decimal):
        return f"decimal({dtype.precision}, {dtype.scale})"
    if dtype not in _SIMPLE:
        message = f"Redshift has no type for {dtype}"
        raise TypeError(message)
    return _SIMPLE[dtype]


def frame_of(cursor: Any) -> pl.DataFrame:  # noqa: ANN401 - the connector has no types
    """Return the rows of the answer that a cursor of the connector has got.

    Parameters
    ----------
    cursor : redshift_connector.Cursor
        Its `description` tells no precision: what the server told of each column stands beside it. A number
        whose scale was not told has as many places as its longest value: none is rounded.

    Raises
    ------
    TypeError
        If a column has a type that the platform does not use; says to cast it.
    """
    rows = cursor.fetchall()
    columns = list(zip(*rows, strict=True)) or [()] * len(cursor.ps["row_desc"])
    return pl.DataFrame(
        [
            pl.Series(_label(column), values, _dtype(column) or pl.Decimal(38, _places(values)))
            for column, values in zip(cursor.ps["row_desc"], columns, strict=True)
        ]
    )


def told_types(cursor: Any) -> dict[str, pl.DataType]:  # noqa: ANN401 - the connector has no types
    """Return the types of those columns of an answer whose type was told in full."""
    found = {_label(column): _dtype(column) for column in cursor.ps["row_desc"]}
    return {name: dtype for name, dtype in found.items() if dtype is not None}


def _places(values: Iterable[Decimal | None]) -> int:
    exponents = (value.as_tuple().exponent for value in values if value is not None)
    return max((-each for each in exponents if isinstance(each, int)), default=0)


def _label(column: Mapping[str, Any]) -> str:
    label = column["label"]
    return label.decode() if isinstance(label, bytes) else str(label)


def _dtype(column: Mapping[str, Any]) -> pl.DataType | None:
    oid, modifier = column["type_oid"], column["type_modifier"] - _MODIFIER_OFFSET
    if oid == _NUMERIC_OID:
        return pl.Decimal(modifier >> 16, modifier & 0xFFFF) if modifier >= 0 else None
    if oid not in _OF_OID:
        message = f"column {_label(column)} has type {oid} of PostgreSQL: cast it to one that tables have"
        raise TypeError(message)
    return _OF_OID[oid]
