"""Column types: of contracts in Redshift, and of what Redshift answers in Polars."""

from collections.abc import Mapping
from typing import Any

import polars as pl

LONGEST_TEXT = 65_535
"""Bytes of the longest varchar."""

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


def schema_of(cursor: Any) -> pl.Schema:  # noqa: ANN401 - the connector has no types
    """Return names and types of the answer that a cursor of the connector has got.

    Parameters
    ----------
    cursor : redshift_connector.Cursor
        Its `description` tells no precision: what the server told of each column stands beside it.

    Raises
    ------
    TypeError
        If a column has a type that the platform does not use; says to cast it.
    """
    return pl.Schema({_label(column): _dtype(column) for column in cursor.ps["row_desc"]})


def _label(column: Mapping[str, Any]) -> str:
    label = column["label"]
    return label.decode() if isinstance(label, bytes) else str(label)


def _dtype(column: Mapping[str, Any]) -> pl.DataType:
    oid, modifier = column["type_oid"], column["type_modifier"] - _MODIFIER_OFFSET
    if oid == _NUMERIC_OID:
        return pl.Decimal(modifier >> 16, modifier & 0xFFFF) if modifier >= 0 else pl.Decimal(38, 8)
    if oid not in _OF_OID:
        message = f"column {_label(column)} has type {oid} of PostgreSQL: cast it to one that tables have"
        raise TypeError(message)
    return _OF_OID[oid]
