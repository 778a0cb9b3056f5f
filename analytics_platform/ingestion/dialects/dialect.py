"""How the files of one sender look: the model of ``sources/<source>.toml``. Not what is right in a table."""

from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, model_validator

from analytics_platform.ingestion.dialects.audit import Audit
from analytics_platform.ingestion.dialects.columns import (
    STANDARD_MINOR_UNITS,
    Factor,
    MinorUnit,
    Unpivot,
)
from analytics_platform.ingestion.dialects.patterns import (
    readable_apart,
    reads_as_serial_number,
    regular_expression,
    whole_date,
)
from analytics_platform.ingestion.dialects.sheets import SheetRule
from analytics_platform.ingestion.dialects.table_match import given_twice, no_decimals, unknown_columns
from analytics_platform.ingestion.dialects.totals import Control
from analytics_platform.tables.contract import Table

CURRENCY_COLUMN = "currency"

Words = Annotated[tuple[str, ...], Field(strict=False)]
Aliases = Annotated[tuple[str, ...], Field(strict=False, min_length=1)]
Expression = Annotated[str, AfterValidator(regular_expression)]


class Dialect(BaseModel):
    """How one sender writes one dataset. The defaults are the canonical form.

    Attributes
    ----------
    format : str or None
        The only format that the sender delivers, whatever the name of a file says.
    encoding : str
        Encoding of csv and tsv; a byte-order mark is accepted. JSON lines are always UTF-8.
    delimiter : str or None
        One character between cells; by default a comma, a tab for tsv.
    sheet : str, SheetRule or None
        Sheet of a workbook, by name or by a rule; by default the only visible one.
    header_row, header_rows : int
        Row of the (first) headers, counted from 1, and the number of header rows.
    header_separator : str
        What joins the headers of several rows. In all but the last an empty cell takes the one to its left.
    decimal_mark, thousands_mark : str
        Marks in numbers; thousands are not separated by default. " " stands for no-break spaces too.
    date_format : str
        Format of dates in `strftime` notation.
    date_formats : tuple of str
        In place of it several formats, of which no two may read one text as different dates.
    date_epoch : {1900, 1904, "workbook"} or None
        Epoch of serial numbers in date columns; by default a number is not a date. "workbook" takes the epoch
        that the workbook declares. True dates of a workbook need no key.
    null_words : tuple of str
        Cells that stand for "no value", beside the empty cell.
    percent : tuple of str
        Columns of the table that the sender states in percent: 5 or 5% is 0.05.
    percent_numbers : {"fraction", "percent"} or None
        What a typed number of a workbook means in a column of `percent`: 0.05 is 5 % (fraction), or 5 is 5 %
        (percent). Without it such a number is a fault of the cell. Cells of text need no key, nor do those
        that an ods stores as percentage: these are fractions always.
    scale : dict of str to str
        Column of the table, and the factor that its numbers are multiplied by: "0.01" for pence.
    minor_unit_columns : tuple of str
        Columns of the table that are in minor units where the currency of the row says so.
    minor_units : dict of str to (str, str)
        The sender's word, the currency and the factor; by default GBX, GBp, ZAc, ILA and the like.
    ignore_rows : str or None
        Regular expression on the first non-empty cell of a row; such rows are counted as ignored.
    total_rows : str or None
        The same for rows of totals: they are ignored, and what they state is checked.
    total_columns : tuple of str
        Columns of the table whose total such a row states.
    total_scope : {"all", "since_last"}
        Whether a total counts all rows above it, or those since the last row of totals.
    control : Control or None
        Number of rows and sums that the file states elsewhere.
    max_rejected_rows : int
        More rejected records than this refuse the whole file.
    columns : dict of str to str or tuple of str
        Column of the table, and the sender's header, or several of which one is there; columns not named
        keep the table's own names.
    ignore_columns : tuple of str
        The sender's headers that are not meant for the table, though they may be called like its columns.
    constants : dict of str to str
        Column of the table, and its fixed value, written as the sender would write it.
    words : dict of str to dict of str to str
        Column of the table; the sender's word, and the table's word.
    unpivot : Unpivot or None
        Wide to long.
    audit : Audit
        What is asked of a delivery beside its own form.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    format: Literal["csv", "tsv", "xlsx", "xls", "ods", "parquet", "jsonl"] | None = None
    encoding: Literal["utf-8", "utf-16", "utf-16-le", "utf-16-be", "latin-1", "cp1252"] = "utf-8"
    delimiter: Annotated[str, Field(min_length=1, max_length=1, pattern=r"^[,;|:^~\t ]$")] | None = None
    sheet: Annotated[str, Field(min_length=1)] | SheetRule | None = None
    header_row: Annotated[int, Field(ge=1, le=1000)] = 1
    header_rows: Annotated[int, Field(ge=1, le=10)] = 1
    header_separator: Annotated[str, Field(max_length=10)] = " "
    decimal_mark: Literal[".", ","] = "."
    thousands_mark: Literal["", ".", ",", " ", "'"] = ""
    date_format: Annotated[str, AfterValidator(whole_date)] = "%Y-%m-%d"
    date_formats: Annotated[tuple[Annotated[str, AfterValidator(whole_date)], ...], Field(strict=False)] = ()
    date_epoch: Literal[1900, 1904, "workbook"] | None = None
    null_words: Words = ()
    percent: Words = ()
    percent_numbers: Literal["fraction", "percent"] | None = None
    scale: dict[str, Factor] = Field(default_factory=dict)
    minor_unit_columns: Words = ()
    minor_units: dict[str, MinorUnit] = Field(default_factory=lambda: dict(STANDARD_MINOR_UNITS))
    ignore_rows: Expression | None = None
    total_rows: Expression | None = None
    total_columns: Words = ()
    total_scope: Literal["all", "since_last"] = "all"
    control: Control | None = None
    max_rejected_rows: Annotated[int, Field(ge=0)] = 0
    columns: dict[str, str | Aliases] = Field(default_factory=dict)
    ignore_columns: Words = ()
    constants: dict[str, str] = Field(default_factory=dict)
    words: dict[str, dict[str, str]] = Field(default_factory=dict)
    unpivot: Unpivot | None = None
    audit: Audit = Audit()

    @model_validator(mode="before")
    @classmethod
    def _first_format(cls, keys: object) -> object:
        """Write true dates in the first of several formats."""
        if isinstance(keys, dict) and keys.get("date_formats") and "date_format" not in keys:
            return keys | {"date_format": keys["date_formats"][0]}
        return keys

    @model_validator(mode="after")
    def _fits_together(self) -> Self:
        faults = (
            (self.decimal_mark == self.thousands_mark, "decimal_mark and thousands_mark are the same"),
            (
                bool(self.date_formats) and self.date_format != self.date_formats[0],
                "date_format and date_formats are both given",
            ),
            (
                not {*self.ignore_columns}.isdisjoint(self._named_headers()),
                "ignore_columns names a header that columns or unpivot use",
            ),
            (
                (self.total_rows is None) == bool(self.total_columns),
                "total_rows and total_columns must be given together",
            ),
            (
                self.date_epoch is not None
                and any(map(reads_as_serial_number, self.date_formats or (self.date_format,))),
                "a number could be a serial date by date_epoch and a date by the date format",
            ),
        )
        for is_fault, message in faults:
            if is_fault:
                raise ValueError(message)
        readable_apart(self.date_formats)
        return self

    @property
    def last_header_row(self) -> int:
        """Row of the last headers; the records start below it."""
        return self.header_row + self.header_rows - 1

    @property
    def date_forms(self) -> str:
        """The date formats as a sentence lists them."""
        return " or ".join(self.date_formats or (self.date_format,))

    def _named_headers(self) -> list[str]:
        wide = () if self.unpivot is None else self.unpivot.columns
        return [*(header for column in self.columns for header in self.headers_of(column)), *wide]

    def headers_of(self, column: str) -> tuple[str, ...]:
        """Headers under which the sender may write a column of the table."""
        headers = self.columns.get(column, column)
        return (headers,) if isinstance(headers, str) else headers

    def check_against(self, table: Table) -> list[str]:
        """Tell what the dialect says that the table does not have; empty if all is well."""
        unpivoted = () if self.unpivot is None else (self.unpivot.names_to, self.unpivot.values_to)
        numbers = {
            "percent": self.percent,
            "scale": self.scale,
            "minor_unit_columns": self.minor_unit_columns,
            "total_columns": self.total_columns,
            "control.sums": () if self.control is None else self.control.sums,
        }
        named = {"columns": self.columns, "constants": self.constants, "words": self.words, **numbers}
        faults = unknown_columns(table, {**named, "unpivot": unpivoted})
        faults += given_twice([*self.columns, *self.constants, *unpivoted])
        faults += given_twice([*self.percent, *self.scale])
        if self.minor_unit_columns and CURRENCY_COLUMN not in table.columns:
            faults.append(f"minor_unit_columns: {table.name} has no column {CURRENCY_COLUMN}")
        return faults + no_decimals(table, numbers)


CANONICAL = Dialect()
