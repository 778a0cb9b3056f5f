"""One nasty file and the whole answer that it must get. No file is built here."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from analytics_platform.ingestion.dialects.dialect import Dialect

NAME = "prices/vendor_2013-02-28"
HEADER = "business_date,instrument_id,close_local"
A_PRICE = "2013-02-28,EQ_A,10.5"
B_PRICE = "2013-02-28,EQ_B,20.25"


@dataclass(frozen=True)
class Told:
    """A finding: row, column and value where they matter, and a part of the message or the cure."""

    text: str
    row: int | None = None
    column: str | None = None
    value: str | None = None


@dataclass(frozen=True)
class Case:
    """A file, how it is declared, and what must become of it.

    Attributes
    ----------
    id : str
        What is nasty in it.
    raw : bytes
        The file.
    name : str
        Its name in the landing zone.
    dialect : Dialect
        How the sender writes.
    accepted, rejected, ignored : int
        The account; not looked at if the file as a whole cannot be read.
    sums : mapping of str to str
        Column, and the exact sum of its accepted values.
    ids : sequence of str
        Accepted instruments, in order, if they matter.
    first : Told or None
        The first finding; None if there must be none.
    refused : bool
        Whether nothing of the file may be loaded.
    """

    id: str
    raw: bytes
    name: str
    dialect: Dialect
    accepted: int = 0
    rejected: int = 0
    ignored: int = 0
    sums: Mapping[str, str] = field(default_factory=dict)
    ids: Sequence[str] = ()
    first: Told | None = None
    refused: bool = False


def short(**keys: object) -> Dialect:
    """Dialect of a sender of closing prices in dollars, with these keys; one rejected row is bearable."""
    constants = {"price_type": "close", "currency": "USD"}
    return Dialect.model_validate({"constants": constants, "max_rejected_rows": 1, **keys})


def lines(*rows: str, header: str = HEADER, end: str = "\n") -> bytes:
    """Text file of these rows below a header."""
    return (end.join([header, *rows]) + end).encode()


def good(  # noqa: PLR0913 - one fact of the answer each
    id_: str,
    raw: bytes,
    extension: str,
    dialect: Dialect,
    closes: str,
    *,
    accepted: int = 2,
    ignored: int = 0,
    ids: Sequence[str] = (),
) -> Case:
    """File of which every record is loaded, and whose closing prices have this sum."""
    return Case(
        id_,
        raw,
        f"{NAME}.{extension}",
        dialect,
        accepted=accepted,
        ignored=ignored,
        sums={"close_local": closes},
        ids=ids,
    )


def one_bad(id_: str, raw: bytes, extension: str, dialect: Dialect, first: Told) -> Case:
    """File of two records, of which the first is loaded and the second is rejected."""
    return Case(
        id_,
        raw,
        f"{NAME}.{extension}",
        dialect,
        accepted=1,
        rejected=1,
        sums={"close_local": "10.5"},
        first=first,
    )


def refused(id_: str, raw: bytes, extension: str, dialect: Dialect, first: Told) -> Case:
    """File of which nothing is loaded."""
    return Case(id_, raw, f"{NAME}.{extension}", dialect, first=first, refused=True)
