"""Every check of the records of one delivery, each as the places where it fails. No frame is cut here."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import reduce
from operator import or_

import polars as pl

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.parsing.keys import MESSAGE
from analytics_platform.ingestion.parsing.records import VALUES_HEADER, Records
from analytics_platform.ingestion.parsing.rules import ROW_RULES
from analytics_platform.ingestion.parsing.values import Fault, parse_values
from analytics_platform.ingestion.readers.sheet import ROW_NUMBER, SheetText
from analytics_platform.tables.contract import Table


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


def failure_of(column: str | None, fault: Fault) -> Failure:
    """Name the records that have a fault."""
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
        failures += [failure_of(name, fault) for fault in faults]
    return pl.DataFrame(columns), failures


def outside_dates(values: pl.DataFrame, table: Table, name: DeliveryName) -> Iterator[Failure]:
    """Find records of dates that the name of the file does not declare."""
    if table.date_column is not None:
        is_outside = ~values[table.date_column].is_between(name.first_date, name.last_date)
        message = f"the date is not in what the name of the file declares ({name.dates})"
        cure = "Correct the date, or deliver the file under a name that covers it"
        yield failure_of(table.date_column, Fault(is_outside, message, cure))


def against_rules(values: pl.DataFrame, table: Table) -> Iterator[Failure]:
    """Find records that break a rule across columns."""
    for rule in ROW_RULES.get(table.name, ()):
        is_fault = values.select(rule.is_fault.alias("is_fault"))["is_fault"]
        yield failure_of(rule.column, Fault(is_fault, rule.message, rule.cure))


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
            yield failure_of(column, Fault(is_fault, str(message), str(cure)))


def of_doubled_keys(values: pl.DataFrame, doubles: pl.DataFrame | None, table: Table) -> Iterator[Failure]:
    """Find records whose key others have too, in this batch or another; see `keys.doubled`."""
    if doubles is None:
        return
    found = (
        values.select(table.key)
        .with_row_index("record")
        .join(doubles, on=table.key, how="inner", maintain_order="left")
    )
    if found.height:
        yield Failure(None, found["record"], found[MESSAGE], "Deliver one row for each key")
