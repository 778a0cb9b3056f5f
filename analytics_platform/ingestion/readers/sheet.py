"""One sheet as text: headers, cells, row numbers as the sender sees them. No column has a meaning here."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import polars as pl

from analytics_platform.ingestion.faults import refusal, shown
from analytics_platform.ingestion.file_name import DeliveryName

ROW_NUMBER = "row_number"

CELL_FAULTS = pl.Schema(
    {ROW_NUMBER: pl.Int64(), "position": pl.UInt32(), "message": pl.String(), "cure": pl.String()}
)
"""Faults that only the reader can see. `position` is the place of the column; null for the whole row."""


@dataclass(frozen=True)
class SheetText:
    """All rows of one sheet, every cell as text.

    Attributes
    ----------
    headers : tuple of str
        The sender's headers, trimmed, unique.
    cells : DataFrame
        `row_number` (Int64, as the sender sees it), then one String column for each header, named by
        `cell`: a sender's header never names a column of ours.
    faults : DataFrame
        Faults of single cells or rows, see `CELL_FAULTS`.
    sheet : str or None
        Name of the sheet of a workbook.
    above : tuple of tuple of str
        Trimmed cells of the rows above the headers, first row first.
    """

    headers: tuple[str, ...]
    cells: pl.DataFrame
    faults: pl.DataFrame
    sheet: str | None = None
    above: tuple[tuple[str, ...], ...] = ()


def cell(position: int) -> str:
    """Name of the column that holds the cells of a header, counted from 0."""
    return f"cell_{position}"


def no_faults() -> pl.DataFrame:
    """Empty frame of cell faults."""
    return CELL_FAULTS.to_frame()


def with_checked_headers(sheet: SheetText, name: DeliveryName, header_row: int | None = None) -> SheetText:
    """Trim the headers, and drop columns that have neither header nor content.

    Parameters
    ----------
    sheet : SheetText
        As read.
    name : DeliveryName
        The file, for messages.
    header_row : int, optional
        Row of the headers, for messages.

    Returns
    -------
    SheetText
        With trimmed, unique headers.

    Raises
    ------
    DeliveryRefused
        If a header is there twice, or is missing above content, or there is none at all.
    """
    trimmed = trimmed_headers(sheet.headers)
    kept = [place for place, header in enumerate(trimmed) if header or _has_content(sheet.cells, place)]
    check_headers(trimmed, kept, name, sheet.sheet, header_row)
    names = [trimmed[place] for place in kept]
    renamed = {cell(place): cell(new) for new, place in enumerate(kept)}
    places = pl.DataFrame({"position": kept, "new": range(len(kept))}).cast(pl.UInt32)
    faults = sheet.faults.join(places, on="position", how="left").filter(
        pl.col("position").is_null() | pl.col("new").is_not_null()
    )
    return SheetText(
        headers=tuple(names),
        cells=sheet.cells.select(ROW_NUMBER, *renamed).rename(renamed),
        faults=faults.with_columns(position="new").select(CELL_FAULTS.names()),
        sheet=sheet.sheet,
        above=sheet.above,
    )


def trimmed_headers(headers: Sequence[str]) -> list[str]:
    """Headers without spaces around them and without a byte-order mark."""
    return [header.removeprefix("\ufeff").strip() for header in headers]


def check_headers(
    trimmed: Sequence[str],
    kept: Sequence[int],
    name: DeliveryName,
    sheet: str | None = None,
    header_row: int | None = None,
) -> None:
    """Refuse headers that do not name each column that has content, once.

    Parameters
    ----------
    trimmed : sequence of str
        All headers.
    kept : sequence of int
        Places of those that are not empty or have content below them.
    name : DeliveryName
        The file, for messages.
    sheet : str, optional
        Its sheet, for messages.
    header_row : int, optional
        Row of the headers, for messages.

    Raises
    ------
    DeliveryRefused
        If a header is there twice, or is missing above content, or there is none at all.
    """
    names = [trimmed[place] for place in kept]
    unnamed = [place + 1 for place in kept if not trimmed[place]]
    twice = [header for header, count in Counter(names).items() if count > 1]
    cure = "Give every column one header of its own, and say in the dialect in which row they are"
    if not any(trimmed):
        raise refusal(str(name), "there is no row of headers", cure, sheet=sheet, row=header_row)
    if unnamed:
        message = f"column {_listed(unnamed)} has content and no header"
        raise refusal(str(name), message, cure, sheet=sheet, row=header_row)
    if twice:
        message = f"the header {_listed(twice)} is there more than once"
        raise refusal(str(name), message, cure, sheet=sheet, row=header_row)


def _has_content(cells: pl.DataFrame, place: int) -> bool:
    return bool((cells[cell(place)].str.strip_chars() != "").any())


def _listed(items: Sequence[object]) -> str:
    return ", ".join(f"'{shown(item)}'" if isinstance(item, str) else str(item) for item in items[:10])
