"""Benchmark `ingest`: a large price file through the parsing child, beside a bare polars conversion."""

import sys
import tempfile
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.child import ParsingChild
from analytics_platform.ingestion.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guard import Limits
from analytics_platform.settings import settings
from benchmarks.processes import cpu_seconds_of, peak_bytes_of, run_watched
from benchmarks.result import Measured, Result

_INSTRUMENTS, _SESSIONS = 4_000, 250
_QUICK_INSTRUMENTS = 200
_LAST = date(2013, 3, 1)
_GIGABYTE = 1e9
_WIDE_BYTES = 8 << 30
_BARE = """
import resource, sys
import polars as pl
pl.read_csv(sys.argv[1], try_parse_dates=True).write_parquet(sys.argv[2])
usage = resource.getrusage(resource.RUSAGE_SELF)
print(usage.ru_utime + usage.ru_stime, usage.ru_maxrss << 10)
"""


def _write_prices(path: Path, instruments: int, sessions: list[date]) -> int:
    """Write a canonical price file; return its rows."""
    days = pl.DataFrame({"business_date": sessions})
    names = pl.DataFrame({"instrument_id": [f"EQ_{number:05}" for number in range(instruments)]})
    place = pl.int_range(pl.len())
    price = (place * 7919 % 49_900 + 100) / 100
    frame = days.join(names, how="cross").with_columns(
        pl.lit("close").alias("price_type"),
        price.alias("open_local"),
        (price + 1).alias("high_local"),
        (price - 1).alias("low_local"),
        (price + pl.lit(0.25)).alias("close_local"),
        (place * 31 % 1_000_000).alias("volume"),
        pl.lit("USD").alias("currency"),
    )
    frame.write_csv(path)
    return frame.height


def _ours(path: Path, name: DeliveryName, output: Path, limits: Limits) -> tuple[float, int]:
    """CPU seconds and peak bytes of a child that parses one file whose rows are all right."""
    with ParsingChild(limits) as child:
        parsed = child.parse(path, name, Dialect(), output)
        if child.pid is None or parsed.counts.accepted != parsed.counts.read:
            message = f"{parsed.counts.accepted:,} of {parsed.counts.read:,} rows were accepted"
            raise RuntimeError(message)
        return cpu_seconds_of(child.pid), peak_bytes_of(child.pid)


def _within_limits(path: Path, name: DeliveryName, output: Path) -> tuple[float, int, str]:
    """CPU seconds, peak bytes and which limit it took: the product's setting, or else a wide one."""
    of = settings()
    own = Limits(memory_bytes=of.parse_memory_mb << 20, seconds=of.parse_seconds)
    output.mkdir()
    try:
        return *_ours(
            path, name, output, own
        ), f"within the {of.parse_memory_mb:,} MB that the settings allow"
    except DeliveryRefused:
        wide = replace(own, memory_bytes=_WIDE_BYTES)
        told = f"**refused within the {of.parse_memory_mb:,} MB of address space that the settings allow**"
        return *_ours(path, name, output, wide), f"{told}, measured within {_WIDE_BYTES >> 20:,} MB"


def _bare(path: Path, output: Path) -> tuple[float, int]:
    """CPU seconds and peak bytes of a fresh interpreter that converts the file with polars."""
    told = run_watched([sys.executable, "-c", _BARE, str(path), str(output)]).output.split()
    return float(told[0]), int(told[1])


def measure(*, is_quick: bool) -> Measured:
    """Parse one file in the child and convert it with bare polars."""
    sessions = calendar("XNYS").sessions(_LAST - timedelta(days=370), _LAST)[-_SESSIONS:]
    name = DeliveryName("prices", "vendor", sessions[0], sessions[-1], "csv")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "prices.csv"
        rows = _write_prices(path, _QUICK_INSTRUMENTS if is_quick else _INSTRUMENTS, sessions)
        cpu, peak, limit = _within_limits(path, name, Path(folder) / "parsed")
        bare_cpu, bare_peak = _bare(path, Path(folder) / "bare.parquet")
        megabytes = path.stat().st_size / 1e6
    peer = "polars read_csv + write_parquet"
    return Measured(
        (
            Result("parse prices", cpu, peer, bare_cpu, "CPU s"),
            Result("parse prices", peak / _GIGABYTE, peer, bare_peak / _GIGABYTE, "GB peak RSS"),
        ),
        (
            (
                f"A canonical CSV of {rows:,} prices ({megabytes:.0f} MB) through `ParsingChild`, "
                f"{limit}, against "
                "`pl.read_csv(try_parse_dates=True).write_parquet()` in a fresh interpreter; both with "
                "their imports. Ours checks encoding, types to the last digit, keys, dates and rules, and "
                "keeps what it rejects; the bare conversion checks nothing, so the ratio is the price of "
                "the checks."
            ),
        ),
    )
