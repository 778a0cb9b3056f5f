"""Rows as a file, without holding them; in CSV no text is one that spreadsheets take for a formula."""

from pathlib import Path

import polars as pl

from analytics_platform.api.exports.asked import Form
from analytics_platform.api.representations import spreadsheet_safe


class TooManyRowsError(ValueError):
    """There are more rows than there may be."""


def write_rows(rows: pl.LazyFrame, target: Path, form: Form, most_rows: int) -> int:
    """Write rows to a file batch by batch and return how many they are.

    Raises
    ------
    TooManyRowsError
        If they are more than `most_rows`.
    """
    parquet = target if form == "parquet" else target.with_suffix(".rows")
    rows.head(most_rows + 1).sink_parquet(parquet, compression="zstd", maintain_order=False)
    n_rows = int(pl.scan_parquet(parquet).select(pl.len()).collect().item())
    if n_rows > most_rows:
        message = f"the export has more than the {most_rows} rows allowed: ask for fewer days or filter"
        raise TooManyRowsError(message)
    if form == "csv":
        spreadsheet_safe(pl.scan_parquet(parquet)).sink_csv(target, line_terminator="\r\n")
        parquet.unlink()
    return n_rows
