"""Every check of the records of one delivery, each as the places where it fails. No frame is cut here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.records import VALUES_HEADER, Records
from analytics_platform.ingestion.rules import ROW_RULES
from analytics_platform.ingestion.sheet import ROW_NUMBER, SheetText
from analytics_platform.ingestion.values import Fault, parse_values
from analytics_platform.tables.contract import Table

_SHOWN_ROWS = 10


@dataclass(frozen=True)
class Failure:
    """Records that fail one check.

    Attributes
    ----------
    column : str or None
        Column of the table that the fault is shown at; None for the whole record.
    records : Series of UInt32
        Places of the records.
    message : str or Series of String
        What is wrong, for all or for each.
    cure : str
        What to do.
    """

    column: str | None
    records: pl.Series
    message: str | pl.Series
    cure: str


def _failure(column: str | None, fault: Fault) -> Failure:
    return Failure(column, fault.is_fault.arg_true(), fault.message, fault.cure)


def typed(records: Records, table: Table, dialect: Dialect) -> tuple[pl.DataFrame, list[Failure]]:
    """Give values in the types of the table, null where a cell is faulty, and the faults of single cells."""
    failures: list[Failure] = []
    columns = []
    for name, column in table.schema.columns().items():
        parsed = parse_values(records.text[name], name, column, dialect)
        values = parsed.values
        faults = [fault for fault in parsed.faults if fault.is_fault.any()]
        if faults:
            values = values.set(
                reduce(or_, (fault.is_fault.fill_null(value=False) for fault in faults)), None
            )
        columns.append(values.cast(table.columns[name]).alias(name))
        failures += [_failure(name, fault) for fault in faults]
    return pl.DataFrame(columns), failures


def outside_dates(values: pl.DataFrame, table: Table, name: DeliveryName) -> Iterator[Failure]:
    """Find records of dates that the name of the file does not declare."""
    if table.date_column is not None:
        is_outside = ~values[table.date_column].is_between(name.first_date, name.last_date)
        message = f"the date is not in what the name of the file declares ({name.dates})"
        cure = "Correct the date, or deliver the file under a name that covers it"
        yield _failure(table.date_column, Fault(is_outside, message, cure))


def against_rules(values: pl.DataFrame, table: Table) -> Iterator[Failure]:
    """Find records that break a rule across columns."""
    for rule in ROW_RULES.get(table.name, ()):
        is_fault = values.select(rule.is_fault.alias("is_fault"))["is_fault"]
        yield _failure(rule.column, Fault(is_fault, rule.message, rule.cure))


def seen_by_reader(records: Records, sheet: SheetText, dialect: Dialect) -> Iterator[Failure]:
    """Find the faults of single cells that only the reader could see, where the cell is used."""
    columns = {header: column for column, header in records.headers.items()}
    cells = sheet.faults.filter(pl.col("position").is_not_null())
    for (position, message, cure), faults in cells.group_by(
        "position", "message", "cure", maintain_order=True
    ):
        header = sheet.headers[int(str(position))]
        is_fault = records.text[ROW_NUMBER].is_in(faults[ROW_NUMBER].implode())
        column = columns.get(header)
        if column is None and dialect.unpivot is not None:
            column = dialect.unpivot.values_to
            is_fault &= (records.text[VALUES_HEADER] == header).fill_null(value=False)
        if column is not None:
            yield _failure(column, Fault(is_fault, str(message), str(cure)))


def duplicates(values: pl.DataFrame, records: Records, table: Table) -> Iterator[Failure]:
    """Find records whose key others have too; a key that could not be read is no key."""
    keys = values.select(table.key)
    is_known = keys.select(pl.all_horizontal(pl.all().is_not_null()).alias("is_known"))["is_known"]
    is_double = keys.is_duplicated() & is_known
    if not is_double.any():
        return
    row_numbers = pl.col(ROW_NUMBER).cast(pl.String)
    number = pl.len().over(table.key).cast(pl.Int64) - _SHOWN_ROWS
    more = pl.when(number > 0).then(pl.format(" and {} more", number)).otherwise(pl.lit(""))
    doubles = (
        keys.with_columns(records.text[ROW_NUMBER])
        .with_row_index("record")
        .filter(is_double)
        .with_columns(rows=row_numbers.head(_SHOWN_ROWS).str.join(", ").over(table.key), more=more)
    )
    start = f"the key ({', '.join(table.key)}) is there more than once: rows "
    message = doubles.select((pl.lit(start) + pl.col("rows") + pl.col("more")).alias("message"))["message"]
    yield Failure(None, doubles["record"], message, "Deliver one row for each key")
