"""Several rows of headers as one header for each column."""

from collections.abc import Sequence
from itertools import zip_longest

from analytics_platform.ingestion.dialects.dialect import Dialect


def joined_headers(rows: Sequence[Sequence[str]], dialect: Dialect) -> list[str]:
    """Join the headers of each column.

    In all but the last row an empty cell takes the header to its left, as merged cells mean it; a cell that
    has nothing below it and no header of its own in any row stays without one.

    Parameters
    ----------
    rows : sequence of sequence of str
        Cells of the header rows, first row first; they may differ in length.
    dialect : Dialect
        Its `header_separator` joins them.

    Returns
    -------
    list of str
        One header for each column.

    Examples
    --------
    >>> joined_headers([["", "Price", ""], ["Date", "Open", "Close"]], Dialect(header_rows=2))
    ['Date', 'Price Open', 'Price Close']
    """
    *upper, last = [[header.strip() for header in row] for row in rows]
    filled = [_filled(row, len(last)) for row in upper]
    columns = zip_longest(*filled, last, fillvalue="")
    own = zip_longest(*upper, last, fillvalue="")
    return [
        dialect.header_separator.join(part for part in parts if part) if any(mine) else ""
        for parts, mine in zip(columns, own, strict=True)
    ]


def _filled(row: Sequence[str], width: int) -> list[str]:
    filled: list[str] = []
    for header in [*row, *[""] * (width - len(row))]:
        filled.append(header or (filled[-1] if filled else ""))
    return filled
