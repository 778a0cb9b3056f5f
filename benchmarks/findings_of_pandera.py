"""``python -m benchmarks.findings_of_pandera FILE NAME ANSWER FROM``: where pandera finds faults.

FROM is ``text``, where every cell is read as text and brought into its exact type by strict casts of
polars, which counts as our typing does, or ``typed``, where the reader of polars has guessed the types, so
that numbers are binary ones, and that does not count. (pandera's own ``coerce`` calls all dates of a text
column faulty.)
"""

import os
import sys
import time
from pathlib import Path

import pandera.polars as pa
import polars as pl
from pandera.errors import SchemaErrors

from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.tables.contract import CURRENCY, IDENTIFIER
from benchmarks.processes import cpu_seconds_of, peak_bytes_of

_FIRST_ROW = 2
_WORDS = ["close", "settle", "nav", "clean"]
_EXACT = pl.Decimal(20, 8)


def _within(column: str) -> pa.Check:
    """Check that a price lies between low and high."""
    return pa.Check(
        lambda data: data.lazyframe.select(
            (pl.col(column) >= pl.col("low_local")) & (pl.col(column) <= pl.col("high_local"))
        ),
        name=column,
        ignore_na=True,
    )


def _schema(first: object, last: object, *, is_text: bool) -> pa.DataFrameSchema:
    number, count = (_EXACT, _EXACT) if is_text else (pl.Float64(), pl.Int64())
    price = pa.Column(number, nullable=True)
    return pa.DataFrameSchema(
        {
            "business_date": pa.Column(pl.Date, pa.Check.in_range(first, last)),
            "instrument_id": pa.Column(
                pl.String, [pa.Check.str_matches(IDENTIFIER), pa.Check.str_length(1, 64)]
            ),
            "price_type": pa.Column(pl.String, pa.Check.isin(_WORDS)),
            "open_local": price,
            "high_local": price,
            "low_local": price,
            "close_local": pa.Column(number),
            "volume": pa.Column(count, pa.Check.ge(0), nullable=True),
            "currency": pa.Column(pl.String, pa.Check.str_matches(CURRENCY)),
        },
        checks=[
            _within("open_local"),
            _within("close_local"),
            pa.Check(
                lambda data: data.lazyframe.select(pl.col("low_local") <= pl.col("high_local")),
                name="low_local",
            ),
        ],
        unique=["business_date", "instrument_id", "price_type"],
    )


def _typed(frame: pl.DataFrame) -> pl.DataFrame:
    """Bring text into the types of the contract."""
    numbers = ["open_local", "high_local", "low_local", "close_local", "volume"]
    return frame.with_columns(pl.col("business_date").str.to_date("%Y-%m-%d"), pl.col(numbers).cast(_EXACT))


def main() -> None:
    """Validate one file; print what was found and what it cost."""
    name, is_text = parse_file_name(sys.argv[2]), sys.argv[4] == "text"
    frame = pl.read_csv(sys.argv[1], infer_schema=not is_text, try_parse_dates=not is_text)
    found = set()
    started = time.process_time()
    frame = _typed(frame) if is_text else frame
    try:
        _schema(name.first_date, name.last_date, is_text=is_text).validate(frame, lazy=True)
    except SchemaErrors as errors:
        for case in errors.failure_cases.iter_rows(named=True):
            column = case["column"] if case["column"] in frame.columns else case["check"]
            found.add((case["index"] + _FIRST_ROW, column))
    seconds = time.process_time() - started
    text = ";".join(f"{row} {column}" for row, column in sorted(found))
    Path(sys.argv[3]).write_text(text, "utf-8")
    print(seconds, cpu_seconds_of(os.getpid()), peak_bytes_of(os.getpid()))


if __name__ == "__main__":
    main()
