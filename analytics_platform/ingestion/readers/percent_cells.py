"""Columns of percent in spreadsheets, where a typed number is the fraction of what is shown."""

from collections.abc import Sequence
from decimal import Context, Decimal

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.readers.rendering import number_text
from analytics_platform.ingestion.readers.sheet import trimmed_headers
from analytics_platform.tables.contract import Table

PERCENT_UNTOLD = (
    "the cell is a number in a column of percent: 0.05 may mean 5 % or 0.05 %",
    "Say percent_numbers = 'fraction' or 'percent' in the dialect, or deliver the cells as text with %",
)
"""Message and cure of a typed number that can be read in two ways."""


def percent_places(headers: Sequence[str], table: Table, dialect: Dialect) -> list[int]:
    """Places of the headers, counted from 0, whose cells become values of a column of `percent`."""
    if not dialect.percent:
        return []
    unpivot, trimmed = dialect.unpivot, trimmed_headers(headers)
    given = {*dialect.constants, *(() if unpivot is None else (unpivot.names_to, unpivot.values_to))}
    wanted = {column: dialect.headers_of(column) for column in table.columns if column not in given}
    found = {header for column in dialect.percent for header in wanted.get(column, ())}
    if unpivot is not None and unpivot.values_to in dialect.percent:
        used = {header for each in wanted.values() for header in each}
        found |= unpivot.wide_columns([header for header in trimmed if header not in used]).keys()
    return [place for place, header in enumerate(trimmed) if header in found]


def percent_text(fraction: str, dialect: Dialect) -> str:
    """Write a plain number times 100, exactly, with %.

    Examples
    --------
    >>> percent_text("0.0725", Dialect(decimal_mark=",")), percent_text("1", Dialect())
    ('7,25%', '100%')
    """
    number = Decimal(fraction).scaleb(2, Context(prec=len(fraction) + 2))
    return f"{number:f}%".replace(".", dialect.decimal_mark)


def in_percent(
    columns: list[list[object]], places: Sequence[int], dialect: Dialect
) -> list[tuple[int, int, str, str]]:
    """Write fractions in percent, in place; where nobody says what a number means, it is a fault.

    Parameters
    ----------
    columns : list of list of object
        Values of each column below the headers.
    places : Sequence of int
        Which of them are in percent, counted from 0.
    dialect : Dialect
        What the sender says of numbers in them.

    Returns
    -------
    list of tuple of int, int, str, str
        Row, place, message and cure of each fault.
    """
    if dialect.percent_numbers == "percent":
        return []
    faults = []
    for place in places:
        values = columns[place]
        for row, value in enumerate(values, dialect.last_header_row + 1):
            if not isinstance(value, float | int) or isinstance(value, bool):
                continue
            text = number_text(value)
            if text.replace(".", dialect.decimal_mark) in dialect.null_words:
                continue
            if dialect.percent_numbers is None:
                faults.append((row, place, *PERCENT_UNTOLD))
            else:
                values[row - dialect.last_header_row - 1] = percent_text(text, dialect)
    return faults
