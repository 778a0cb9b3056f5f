"""How the files of one sender look: the model of ``sources/<source>.toml``. Not what is right in a table."""

import difflib
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal, Self

import dataframely as dy
import polars as pl
from pydantic import BaseModel, ConfigDict, Field, ValidationError, field_validator, model_validator
from pydantic_core import ErrorDetails

from analytics_platform.tables.contract import Table
from analytics_platform.tables.registry import DELIVERED


class DialectError(ValueError):
    """A source dialect that cannot be used; the text names file, section and key."""


class Unpivot(BaseModel):
    """Wide to long: each named column becomes a record of its own; an empty cell is an ignored record.

    Attributes
    ----------
    names_to, values_to : str
        Columns of the table that take the name and the cell.
    columns : dict of str to str
        The sender's header, and the value that it stands for.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    names_to: str
    values_to: str
    columns: Annotated[dict[str, str], Field(min_length=1)]


class Dialect(BaseModel):
    """How one sender writes one dataset. The defaults are the canonical form.

    Attributes
    ----------
    encoding : {"utf-8", "utf-16", "latin-1"}
        Encoding of csv and tsv; a byte-order mark is accepted.
    delimiter : str or None
        One character between cells; by default a comma, a tab for tsv.
    sheet : str or None
        Sheet of a workbook; by default the only visible one.
    header_row : int
        Row of the headers, counted from 1.
    decimal_mark, thousands_mark : str
        Marks in numbers; thousands are not separated by default.
    date_format : str
        Format of dates in `strftime` notation.
    null_words : tuple of str
        Cells that stand for "no value", beside the empty cell.
    percent : tuple of str
        Columns of the table that the sender states in percent: 5 or 5% is 0.05.
    ignore_rows : str or None
        Regular expression on the first non-empty cell of a row; such rows are counted as ignored.
    max_rejected_rows : int
        More rejected records than this refuse the whole file.
    columns : dict of str to str
        Column of the table, and the sender's header; columns not named keep the table's own names.
    constants : dict of str to str
        Column of the table, and its fixed value, written as the sender would write it.
    words : dict of str to dict of str to str
        Column of the table; the sender's word, and the table's word.
    unpivot : Unpivot or None
        Wide to long.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    encoding: Literal["utf-8", "utf-16", "latin-1"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[,;|:^~\t ]$")] | None = None
    sheet: Annotated[str, Field(min_length=1)] | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ".", ",", " ", "'"] = ""
    date_format: str = "%Y-%m-%d"
    null_words: Annotated[tuple[str, ...], Field(strict=False)] = ()
    percent: Annotated[tuple[str, ...], Field(strict=False)] = ()
    ignore_rows: str | None = None
    max_rejected_rows: Annotated[int, Field(ge=0)] = 0
    columns: dict[str, str] = Field(default_factory=dict)
    constants: dict[str, str] = Field(default_factory=dict)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    unpivot: Unpivot | None = None

    @field_validator("ignore_rows")
    @classmethod
    def _regular_expression(cls, pattern: str | None) -> str | None:
        if pattern is not None:
            try:
                pl.Series([""]).str.contains(pattern)
            except pl.exceptions.ComputeError as error:
                message = "this is not a regular expression"
                raise ValueError(message) from error
        return pattern

    @field_validator("date_format")
    @classmethod
    def _whole_date(cls, pattern: str) -> str:
        sample = pl.Series(["2013-02-28", "1999-11-05"]).str.to_date("%Y-%m-%d")
        try:
            back = sample.dt.to_string(pattern).str.to_date(pattern)
        except pl.exceptions.PolarsError as error:
            message = "it must say day, month and year, as in %Y-%m-%d, %d.%m.%Y or %m/%d/%Y"
            raise ValueError(message) from error
        if not back.equals(sample):
            message = "a date written so cannot be read back"
            raise ValueError(message)
        return pattern

    @model_validator(mode="after")
    def _marks_differ(self) -> Self:
        if self.decimal_mark == self.thousands_mark:
            message = "decimal_mark and thousands_mark are the same"
            raise ValueError(message)
        return self

    def header_of(self, column: str) -> str:
        """Header under which the sender writes a column of the table."""
        return self.columns.get(column, column)

    def check_against(self, table: Table) -> list[str]:
        """Tell what the dialect says that the table does not have; empty if all is well."""
        unpivoted = () if self.unpivot is None else (self.unpivot.names_to, self.unpivot.values_to)
        faults = [
            *_unknown(table, "columns", self.columns),
            *_unknown(table, "constants", self.constants),
            *_unknown(table, "words", self.words),
            *_unknown(table, "percent", self.percent),
            *_unknown(table, "unpivot", unpivoted),
        ]
        sources = [*self.columns, *self.constants, *unpivoted]
        faults += [
            f"'{name}' is given twice" for name in sorted({n for n in sources if sources.count(n) > 1})
        ]
        schema = table.schema.columns()
        faults += [
            f"percent: '{name}' is no decimal number"
            for name in self.percent
            if name in schema and not isinstance(schema[name], dy.Decimal)
        ]
        return faults


def _unknown(table: Table, key: str, names: Iterable[str]) -> list[str]:
    faults = []
    for name in names:
        if name not in table.columns:
            close = difflib.get_close_matches(name, table.columns, n=1)
            hint = f"did you mean '{close[0]}'?" if close else f"it has {', '.join(table.columns)}"
            faults.append(f"{key}: '{name}' is not a column of {table.name}; {hint}")
    return faults


CANONICAL = Dialect()


@dataclass(frozen=True)
class Dialects:
    """The dialects of all sources.

    Attributes
    ----------
    by_source : mapping of str to mapping of str to Dialect
        Source, dataset, dialect.
    """

    by_source: Mapping[str, Mapping[str, Dialect]] = field(default_factory=dict)

    def find(self, source: str, dataset: str) -> Dialect:
        """Dialect of a source for a dataset; the canonical form if none was written."""
        return self.by_source.get(source, {}).get(dataset, CANONICAL)


def parse_dialects(source: str, toml: str) -> dict[str, Dialect]:
    """Read the sections of one ``sources/<source>.toml``.

    Parameters
    ----------
    source : str
        Name of the source, for messages.
    toml : str
        Text of the file.

    Returns
    -------
    dict of str to Dialect
        Dataset, dialect.

    Raises
    ------
    DialectError
        If the text is not TOML, or a section or key is unknown or has a value that cannot be.
    """
    try:
        sections = tomllib.loads(toml)
    except tomllib.TOMLDecodeError as error:
        message = f"sources/{source}.toml: {error}"
        raise DialectError(message) from error
    return {dataset: _section(source, dataset, content) for dataset, content in sections.items()}


def _section(source: str, dataset: str, content: object) -> Dialect:
    where = f"sources/{source}.toml, [{dataset}]"
    if dataset not in DELIVERED:
        close = difflib.get_close_matches(dataset, DELIVERED, n=3) or sorted(DELIVERED)
        message = f"{where}: there is no such dataset; is one of these meant: {', '.join(close)}"
        raise DialectError(message)
    try:
        dialect = Dialect.model_validate(content)
    except ValidationError as error:
        faults = "; ".join(_explained(detail) for detail in error.errors())
        message = f"{where}: {faults}"
        raise DialectError(message) from error
    faults_of_table = dialect.check_against(DELIVERED[dataset])
    if faults_of_table:
        message = f"{where}: {'; '.join(faults_of_table)}"
        raise DialectError(message)
    return dialect


def _explained(detail: ErrorDetails) -> str:
    key = ".".join(str(part) for part in detail["loc"]) or "all keys together"
    if detail["type"] == "extra_forbidden":
        close = difflib.get_close_matches(str(detail["loc"][-1]), Dialect.model_fields, n=1)
        return f"'{key}' is not a key" + (f"; did you mean '{close[0]}'?" if close else "")
    return f"'{key}': {detail['msg'].removeprefix('Value error, ')}, not {detail['input']!r}"


def read_dialect(folder: Path, source: str, dataset: str) -> Dialect:
    """Read the dialect of one source for one dataset; the canonical form if none was written.

    Only the file of that source is opened, so that a fault in the file of another harms nobody.

    Raises
    ------
    DialectError
        If the file of the source cannot be used.
    """
    file = folder / f"{source}.toml"
    return (
        parse_dialects(source, file.read_text("utf-8")).get(dataset, CANONICAL)
        if file.exists()
        else CANONICAL
    )


def read_dialects(folder: Path) -> Dialects:
    """Read every ``<source>.toml`` of a folder; a folder that is not there holds none.

    Raises
    ------
    DialectError
        If a file cannot be used.
    """
    return Dialects(
        {
            file.stem: parse_dialects(file.stem, file.read_text("utf-8"))
            for file in sorted(folder.glob("*.toml"))
        }
    )
