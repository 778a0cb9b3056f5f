"""The contract of a table and the column types that all contracts are made of."""

from dataclasses import dataclass
from typing import Literal

import dataframely as dy
import polars as pl

IDENTIFIER = r"^[A-Za-z0-9][A-Za-z0-9 ._/-]*$"
CURRENCY = r"^[A-Z]{3}$"

Kind = Literal["fact", "reference", "result"]

LINEAGE = pl.Schema(
    {
        "source": pl.String(),
        "delivery_id": pl.String(),
        "known_at": pl.Datetime("us", "UTC"),
        "row_number": pl.Int64(),
    }
)
"""Columns that the lake adds to every row, so that each number leads back to a row of a file."""


def identifier(description: str, *, key: bool = False, nullable: bool = False) -> dy.String:
    """Name of an entity, as the sender writes it: letters, digits and `` ._/-``."""
    return dy.String(
        primary_key=key,
        nullable=nullable,
        regex=IDENTIFIER,
        max_length=64,
        description=description,
    )


def currency(description: str, *, key: bool = False, nullable: bool = False) -> dy.String:
    """ISO 4217 code, three capital letters."""
    return dy.String(primary_key=key, nullable=nullable, regex=CURRENCY, description=description)


def text(description: str, *, nullable: bool = False) -> dy.String:
    """Free text, at most 256 characters."""
    return dy.String(nullable=nullable, max_length=256, description=description)


def choice(description: str, *words: str, key: bool = False, nullable: bool = False) -> dy.String:
    """One of a fixed list of words."""
    return dy.String(
        primary_key=key,
        nullable=nullable,
        regex=f"^({'|'.join(words)})$",
        description=description,
        metadata={"words": words},
    )


def date(description: str, *, key: bool = False, nullable: bool = False) -> dy.Date:
    """Calendar date."""
    return dy.Date(primary_key=key, nullable=nullable, description=description)


def amount(
    description: str, *, nullable: bool = False, min_: int | None = None, above: int | None = None
) -> dy.Decimal:
    """Exact decimal with 8 places: prices, quantities, money, rates."""
    return dy.Decimal(
        20,
        8,
        nullable=nullable,
        min=min_,
        min_exclusive=above,
        description=description,
    )


def integer(description: str, *, nullable: bool = False, min_: int | None = None) -> dy.Int64:
    """Whole number."""
    return dy.Int64(nullable=nullable, min=min_, description=description)


def number(description: str, *, nullable: bool = False) -> dy.Float64:
    """Binary floating-point number: results of Python, never what a sender delivered."""
    return dy.Float64(nullable=nullable, allow_nan=False, allow_inf=False, description=description)


@dataclass(frozen=True)
class Table:
    """What a table is, for readers, parsers, the lake and the warehouse alike.

    Attributes
    ----------
    name : str
        Plural noun; asset, lake folder and relation are called so.
    schema : type of dy.Schema
        Columns with types, nullability, keys and ranges.
    grain : str
        "One row per ...".
    kind : {"fact", "reference", "result"}
        A fact belongs to a date; reference data is a whole snapshot that holds from the delivery's
        last date on; a result was computed by the platform.
    date_column : str or None
        Column that must lie inside a delivery's declared dates; None for snapshots.
    """

    name: str
    schema: type[dy.Schema]
    grain: str
    kind: Kind
    date_column: str | None = None

    @property
    def columns(self) -> pl.Schema:
        """Names and types of the table's own columns, in order."""
        return pl.Schema({name: column.dtype for name, column in self.schema.columns().items()})

    @property
    def lake_columns(self) -> pl.Schema:
        """Names and types as stored in the lake: the table's own columns, then the lineage."""
        return pl.Schema({**self.columns, **LINEAGE})

    @property
    def key(self) -> list[str]:
        """Names of the columns that identify a row within one delivery."""
        return self.schema.primary_key()
