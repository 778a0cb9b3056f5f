"""The rows of a delimited text file down to its headers. What a header means is not known here."""

import csv
import io
from collections.abc import Iterator
from dataclasses import dataclass

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.readers.header_rows import joined_headers


@dataclass(frozen=True)
class TopRows:
    """Headers of a file, and what stands above them.

    Attributes
    ----------
    headers : list of str
        One for each column, as written.
    above : tuple of tuple of str
        Trimmed cells of the rows above the headers.
    size : int
        Bytes of all these rows.
    """

    headers: list[str]
    above: tuple[tuple[str, ...], ...]
    size: int


def top_rows(start: bytes, name: DeliveryName, dialect: Dialect, delimiter: str) -> TopRows:
    """Read the headers from the start of a text.

    Raises
    ------
    DeliveryRefused
        If the text ends above the headers, or they are all empty or cannot be told apart.
    """
    used = 0

    def lines() -> Iterator[str]:
        nonlocal used
        for line in io.TextIOWrapper(io.BytesIO(start), "utf-8", "replace", newline=""):
            used += len(line.encode())
            yield line

    records = csv.reader(lines(), delimiter=delimiter)
    try:
        above = [next(records) for _ in range(dialect.header_row - 1)]
        rows = [next(records) for _ in range(dialect.header_rows)]
        headers = rows[0] if len(rows) == 1 else joined_headers(rows, dialect)
        if any(header.strip() for header in headers):
            return TopRows(headers, tuple(tuple(one.strip() for one in row) for row in above), used)
        message = f"there is no header in row {dialect.header_row}"
    except StopIteration:
        message = f"the file has fewer rows than its header row {dialect.last_header_row}"
    except csv.Error as error:
        message = f"the header row cannot be read: {error}"
    raise refusal(str(name), message, "Deliver a header row, or say in the dialect where it is")
