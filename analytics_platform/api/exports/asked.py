"""What an export may ask for: names from the contracts, values as values. How it is made is not here."""

import re
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Annotated, Literal, Self

import polars as pl
from pydantic import AwareDatetime, BaseModel, BeforeValidator, ConfigDict, Field

from analytics_platform.api.problems import Problem
from analytics_platform.calendars.moments import parse_moment
from analytics_platform.tables.contract import Table
from analytics_platform.tables.registry import TABLES

Form = Literal["parquet", "csv"]

EXPORTED = {name: table for name, table in TABLES.items() if table.date_column is not None}
"""Tables whose rows belong to days; the others are small and published whole."""

LONGEST_TEXT = 200
MOST_VALUES = 100
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


def _day(told: object) -> date:
    """Return a date that is written out: pydantic would take a number for seconds since 1970."""
    if isinstance(told, str) and _DATE.fullmatch(told):
        return date.fromisoformat(told)
    message = "is no date: write it as in 2013-03-01"
    raise ValueError(message)


def _written_moment(told: object) -> datetime | None:
    if told is None or isinstance(told, str):
        try:
            return None if told is None else parse_moment(told)
        except OverflowError as error:
            message = f"{told} lies outside the years 1 to 9999 in UTC: give a moment inside"
            raise ValueError(message) from error
    message = "is a moment as in 2013-03-01T18:00:00Z"
    raise ValueError(message)


Day = Annotated[date, BeforeValidator(_day)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(_written_moment)]


class ExportBody(BaseModel):
    """The body of ``POST /exports``."""

    model_config = ConfigDict(
        extra="forbid",
        json_schema_extra={
            "example": {
                "table": "prices",
                "first_session": "2012-01-03",
                "last_session": "2013-03-01",
                "fields": ["business_date", "instrument_id", "close_local"],
                "filters": {"instrument_id": ["EQ_AAPL", "EQ_IBM"]},
                "format": "parquet",
            }
        },
    )

    table: str = Field(max_length=LONGEST_TEXT, description=f"One of {', '.join(EXPORTED)}")
    first_session: Day = Field(description="First day")
    last_session: Day = Field(description="Last day")
    as_known_at: Moment = Field(default=None, description="What was delivered later is not seen")
    fields: list[str] | None = Field(
        default=None, max_length=MOST_VALUES, description="Columns; default: all"
    )
    filters: dict[str, list[str]] = Field(
        default_factory=dict,
        max_length=MOST_VALUES,
        description="Columns of text, and the values that count",
    )
    format: Form = Field(default="parquet", description="How the file is written")


@dataclass(frozen=True)
class ExportRequest:
    """Rows of one table that somebody wants as a file.

    Attributes
    ----------
    table : str
        One of `EXPORTED`.
    first, last : date
        Range of days, both included.
    fields : tuple of str
        Columns of the contract, in the order of the file.
    filters : tuple of (str, tuple of str)
        Columns of text, and the values that count.
    form : {"parquet", "csv"}
        How the file is written.
    as_known_at : datetime, optional
        What was delivered later is not seen.
    """

    table: str
    first: date
    last: date
    fields: tuple[str, ...]
    filters: tuple[tuple[str, tuple[str, ...]], ...] = field(default=())
    form: Form = "parquet"
    as_known_at: datetime | None = None

    @property
    def contract(self) -> Table:
        """What the table is."""
        return EXPORTED[self.table]

    @classmethod
    def of(cls, body: ExportBody) -> Self:
        """Return what a body asks for.

        Raises
        ------
        Problem
            If it names what the contract does not have, or a reversed range.
        """
        if body.table not in EXPORTED:
            told = f"table: {body.table!r} is none that can be exported: there are {', '.join(EXPORTED)}"
            raise Problem(404, told, "table")
        if body.first_session > body.last_session:
            told = f"first_session {body.first_session} is after last_session {body.last_session}"
            raise Problem(422, told, "first_session")
        columns = EXPORTED[body.table].lake_columns
        fields = tuple(dict.fromkeys(columns.names() if body.fields is None else body.fields))
        _refuse_unknown("fields", fields, columns.names())
        texts = [name for name, kind in columns.items() if kind == pl.String]
        _refuse_unknown("filters", tuple(body.filters), texts)
        filters = tuple((name, _values(name, values)) for name, values in body.filters.items())
        return cls(
            *(body.table, body.first_session, body.last_session, fields, filters, body.format),
            body.as_known_at,
        )


def _refuse_unknown(place: str, names: tuple[str, ...], known: list[str]) -> None:
    if place == "fields" and not names:
        raise Problem(422, f"fields: name at least one of {', '.join(known)}, or leave it out", place)
    for name in names:
        if name not in known:
            told = f"{place}: {name[:LONGEST_TEXT]!r} is none of {', '.join(known)}"
            raise Problem(422, told, place)


def _values(name: str, values: list[str]) -> tuple[str, ...]:
    if not 0 < len(values) <= MOST_VALUES or not all(
        0 < len(value) <= LONGEST_TEXT and value.isprintable() for value in values
    ):
        told = f"filters.{name}: has 1 to {MOST_VALUES} values of 1 to {LONGEST_TEXT} printable characters"
        raise Problem(422, told, f"filters.{name}")
    return tuple(values)
