"""Benchmark `ingest`: a large price file to the lake, beside bare conversions that check nothing."""

import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import settings
from benchmarks.price_files import PriceFile, write_prices
from benchmarks.processes import cpu_seconds_of, peak_bytes_of, run_watched
from benchmarks.result import Measured, Result, below, share_of_peer

_INSTRUMENTS, _SESSIONS = 5_000, 1_000
_QUICK_SESSIONS = 40
_ROUNDS = 3
_GIGABYTE = 1e9
_USAGE = """
import os
from benchmarks.processes import cpu_seconds_of, peak_bytes_of
print(cpu_seconds_of(os.getpid()), peak_bytes_of(os.getpid()))
"""
_PEERS = {
    "polars": "import sys, polars as pl\n"
    "pl.read_csv(sys.argv[1], try_parse_dates=True).write_parquet(sys.argv[2], compression='zstd')",
    "polars, same columns": "import sys, polars as pl\n"
    "from datetime import datetime, timezone\n"
    "raw = pl.read_csv(sys.argv[1], infer_schema=False, row_index_name='row_number', row_index_offset=2)\n"
    "prices = ['open_local', 'high_local', 'low_local', 'close_local', 'volume']\n"
    "known_at = pl.lit(datetime(1970, 1, 1, tzinfo=timezone.utc), pl.Datetime('us', 'UTC'))\n"
    "raw.with_columns(\n"
    "    pl.col('business_date').str.to_date('%Y-%m-%d'), pl.col(prices).cast(pl.Decimal(20, 8)),\n"
    "    pl.col('row_number').cast(pl.Int64), source=pl.lit('vendor'), delivery_id=pl.lit('x'),\n"
    "    known_at=known_at,\n"
    ").write_parquet(sys.argv[2], compression='zstd')",
    "duckdb": "import sys, duckdb\n"
    "con = duckdb.connect(config={'preserve_insertion_order': True})\n"
    "con.execute('set enable_progress_bar = false')\n"
    "con.execute(f\"copy (select * from read_csv('{sys.argv[1]}')) to '{sys.argv[2]}' \"\n"
    '            "(format parquet, compression zstd)")',
    "pandas": "import sys, pandas as pd\n"
    "pd.read_csv(sys.argv[1]).to_parquet(sys.argv[2], compression='zstd')",
}


@dataclass(frozen=True)
class _Cost:
    """CPU seconds and peak resident bytes of one process, its imports included."""

    cpu_seconds: float
    peak_bytes: int


def _ours(file: PriceFile, output: Path) -> _Cost:
    """Tell what a fresh child costs that parses the file within the limits of the settings.

    Raises
    ------
    RuntimeError
        If other rows are rejected than the faulty ones.
    """
    of = settings()
    limits = Limits(memory_bytes=of.parse_memory_mb << 20, seconds=of.parse_seconds)
    with ParsingChild(limits) as child:
        counts = child.parse(file.path, file.name, Dialect(max_rejected_rows=file.rows), output).counts
        if child.pid is None or (counts.read, counts.rejected) != (file.rows, file.faulty):
            message = f"of {file.rows:,} rows with {file.faulty:,} faulty ones the account is {counts}"
            raise RuntimeError(message)
        return _Cost(cpu_seconds_of(child.pid), peak_bytes_of(child.pid))


def _bare(code: str, file: PriceFile, output: Path) -> _Cost:
    """Tell what a fresh interpreter costs that converts the file."""
    command = [sys.executable, "-c", code + _USAGE, str(file.path), str(output)]
    told = run_watched(command).output.split()
    return _Cost(float(told[-2]), int(told[-1]))


def measure(*, is_quick: bool) -> Measured:
    """Parse one file in the child and convert it with each engine, in turns; the least of each counts."""
    costs: dict[str, list[_Cost]] = {name: [] for name in ("ours", *_PEERS)}
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = write_prices(folder, _INSTRUMENTS, _QUICK_SESSIONS if is_quick else _SESSIONS)
        for _ in range(1 if is_quick else _ROUNDS):
            costs["ours"].append(_ours(file, folder))
            for peer, code in _PEERS.items():
                costs[peer].append(_bare(code, file, folder / "bare.parquet"))
        megabytes = file.path.stat().st_size / 1e6
    cpu = {name: min(one.cpu_seconds for one in found) for name, found in costs.items()}
    peak = {name: max(one.peak_bytes for one in found) / _GIGABYTE for name, found in costs.items()}
    fastest = min(("polars", "duckdb"), key=cpu.__getitem__)
    bare = "bare {}, no checks"
    return Measured(
        (
            Result(
                "CSV to lake", cpu["ours"], bare.format(fastest), cpu[fastest], "CPU s", share_of_peer(1.25)
            ),
            Result(
                "CSV to lake", cpu["ours"], bare.format("pandas"), cpu["pandas"], "CPU s", share_of_peer(0.5)
            ),
            Result(
                "CSV to lake",
                cpu["ours"],
                bare.format("polars to the same columns"),
                cpu["polars, same columns"],
                "CPU s",
            ),
            Result(
                "CSV to lake", peak["ours"], bare.format(fastest), peak[fastest], "GB peak RSS", below(0.9)
            ),
        ),
        (
            (
                f"A canonical CSV of {file.rows:,} prices ({megabytes:.0f} MB), {file.faulty:,} of them "
                "faulty in one of four ways, through a fresh `ParsingChild`: encoding, types to the last "
                "digit, keys, dates and rules are checked, rejected rows are kept with their reasons, "
                "accepted ones written as the lake keeps them (exact decimals, lineage). The peers "
                "convert the same file to Parquet and check nothing: polars "
                "`read_csv(try_parse_dates=True).write_parquet`, and again to exact decimals and lineage as "
                "the lake keeps them (read as text, strict casts), DuckDB's `copy` of its `read_csv`, "
                "pandas `read_csv().to_parquet`; all with zstd, each in a process of its own, imports "
                f"included, {_ROUNDS} rounds in turns, the least CPU of each. CPU seconds: "
                + ", ".join(f"{name} {seconds:.1f}" for name, seconds in cpu.items())
                + "; peak GB: "
                + ", ".join(f"{name} {size:.2f}" for name, size in peak.items())
                + "."
            ),
        ),
    )
