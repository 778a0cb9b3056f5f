"""Benchmark `lake_reads`: a session and an instrument out of ten years, beside readers without versions."""

import tempfile
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.storage.lake.lake import END_OF_TIME, Delivery, DiskLake
from analytics_platform.tables.market import PRICES
from analytics_platform.tables.platform import DELIVERIES
from benchmarks.result import Measured, Result, below, share_of_peer, without_peer

_INSTRUMENTS, _QUICK_INSTRUMENTS = 3_000, 100
_FIRST_YEAR, _YEARS, _QUICK_YEARS = 2003, 10, 3
_RESTATED_EVERY = 9
_ROUNDS = 9
_FIRST_LOAD = datetime(2013, 1, 1, tzinfo=UTC)
_RESTATED = datetime(2013, 2, 1, tzinfo=UTC)
_BETWEEN = datetime(2013, 1, 15, tzinfo=UTC)


def _prices(days: list[date], instruments: int, salt: int) -> pl.DataFrame:
    """Return one price an instrument and day, in order of days."""
    names = pl.DataFrame({"instrument_id": [f"EQ_{number:05}" for number in range(instruments)]})
    place = pl.int_range(pl.len())
    price = ((place * 7919 + salt) % 49_900 + 100) / 100
    frame = (
        pl.DataFrame({"business_date": days})
        .join(names, how="cross")
        .with_columns(
            price_type=pl.lit("close"),
            open_local=price,
            high_local=price + 1,
            low_local=price - 1,
            close_local=price + 0.25,
            volume=place * 31 % 1_000_000,
            currency=pl.lit("USD"),
        )
    )
    return frame.select(pl.col(name).cast(dtype) for name, dtype in PRICES.columns.items())


def _deliver(lake: DiskLake, days: list[date], instruments: int, known_at: datetime, name: str) -> None:
    rows = _prices(days, instruments, len(name) + days[0].day)
    delivery = Delivery(name, "vendor", days[0], days[-1], known_at)
    counts = dict.fromkeys(("rows_read", "rows_accepted"), rows.height)
    nothing = dict.fromkeys(("rows_rejected", "rows_ignored"), 0)
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), name)
    dates = {"first_date": days[0], "last_date": days[-1]}
    facts = {"table_name": PRICES.name, "sheet": None, **dates, **counts, **nothing, **texts}
    lake.append(PRICES, rows, delivery)
    lake.publish(PRICES, delivery, pl.DataFrame(facts, schema=DELIVERIES.columns))


def _fill(lake: DiskLake, instruments: int, years: int) -> tuple[int, int]:
    """Deliver year by year, then restate every ninth day; return the deliveries and their rows."""
    days: list[date] = []
    for number in range(years):
        year = calendar("XNYS").sessions(date(_FIRST_YEAR + number, 1, 1), date(_FIRST_YEAR + number, 12, 31))
        _deliver(lake, year, instruments, _FIRST_LOAD + timedelta(minutes=number), f"year{number}")
        days += year
    restated = days[::_RESTATED_EVERY]
    for number, day in enumerate(restated):
        _deliver(lake, [day], instruments, _RESTATED + timedelta(minutes=number), f"day{number:04}")
    return years + len(restated), (len(days) + len(restated)) * instruments


def _milliseconds(*works: Callable[[], pl.DataFrame]) -> list[float]:
    """Return the least wall time of each piece of work, in turns, the first round not counted."""
    spent: list[list[float]] = [[] for _ in works]
    for _ in range(_ROUNDS + 1):
        for work, times in zip(works, spent, strict=True):
            started = time.perf_counter()
            work()
            times.append(1000.0 * (time.perf_counter() - started))
    return [min(times[1:]) for times in spent]


def _write_plain(lake: DiskLake, folder: Path, years: int) -> tuple[list[Path], list[Path]]:
    """Write the current rows without versions as people keep them: a file a year by date, and by symbol."""
    by_date: list[Path] = []
    by_symbol: list[Path] = []
    for number in range(years):
        year = _FIRST_YEAR + number
        days = calendar("XNYS").sessions(date(year, 1, 1), date(year, 12, 31))
        rows = lake.read(PRICES, days)
        for order, files in ((["business_date", "instrument_id"], by_date), (["instrument_id"], by_symbol)):
            files.append(folder / f"{order[0]}_{year}.parquet")
            rows.sort(order).write_parquet(files[-1], row_group_size=100_000)
    return by_date, by_symbol


@dataclass(frozen=True)
class _Question:
    """One question, as each reader hears it."""

    sessions: list[date] | None
    instruments: list[str] | None
    chosen: pl.Expr
    where: str


def _compare(lake: DiskLake, plain: list[Path], of: _Question) -> tuple[list[float], int]:
    """Time our read, ours as of the past, polars and DuckDB on plain files; return them and the rows."""
    files = ", ".join(f"'{path}'" for path in plain)
    sql = f"select * from read_parquet([{files}]) where {of.where}"  # noqa: S608 - our own text

    def ours(as_known_at: datetime = END_OF_TIME) -> pl.DataFrame:
        return lake.read(PRICES, of.sessions, instruments=of.instruments, as_known_at=as_known_at)

    with duckdb.connect() as connection:
        works: list[Callable[[], pl.DataFrame]] = [
            ours,
            lambda: ours(_BETWEEN),
            lambda: pl.scan_parquet(plain).filter(of.chosen).collect(),
            lambda: connection.execute(sql).pl(),
        ]
        heights = [work().height for work in works]
        if len(set(heights)) > 1:
            message = f"where {of.where}: the readers found {heights} rows, so their times compare nothing"
            raise ValueError(message)
        return _milliseconds(*works), heights[0]


def measure(*, is_quick: bool) -> Measured:
    """Fill a lake, then read a session and an instrument from it, first as it stands, then arranged."""
    instruments = _QUICK_INSTRUMENTS if is_quick else _INSTRUMENTS
    years = _QUICK_YEARS if is_quick else _YEARS
    day = calendar("XNYS").sessions(date(_FIRST_YEAR + 1, 6, 1), date(_FIRST_YEAR + 1, 6, 30))[5]
    name = f"EQ_{instruments // 2:05}"
    with tempfile.TemporaryDirectory() as folder:
        lake = DiskLake(Path(folder) / "lake")
        deliveries, rows = _fill(lake, instruments, years)
        started, cpu = time.perf_counter(), time.process_time()
        lake.arrange(PRICES)
        arranging, arranging_cpu = time.perf_counter() - started, time.process_time() - cpu
        by_date, by_symbol = _write_plain(lake, Path(folder), years)
        of_session = _Question([day], None, pl.col("business_date") == day, f"business_date = date '{day}'")
        of_symbol = _Question(None, [name], pl.col("instrument_id") == name, f"instrument_id = '{name}'")
        session, session_rows = _compare(lake, by_date, of_session)
        symbol, symbol_rows = _compare(lake, by_symbol, of_symbol)
        closes = ["business_date", "instrument_id", "close_local"]
        (whole,) = _milliseconds_once(lambda: lake.read(PRICES, columns=closes))
        (bare,) = _milliseconds_once(lambda: pl.scan_parquet(by_date).select(closes).collect())
    unit, plain, now = "ms", "polars, plain files", "as known now"
    return Measured(
        (
            Result("one session", session[0], plain, session[2], unit, below(50.0)),
            Result("one session", session[0], "DuckDB, plain files", session[3], unit),
            Result(
                "one session, as known before",
                session[1],
                now,
                session[0],
                unit,
                share_of_peer(2.0),
            ),
            Result("one instrument", symbol[0], plain, symbol[2], unit, below(15.0)),
            Result("one instrument", symbol[0], "DuckDB, plain files", symbol[3], unit),
            Result(
                "one instrument, as known before",
                symbol[1],
                now,
                symbol[0],
                unit,
                share_of_peer(2.0),
            ),
            Result("all closes", whole, plain, bare, unit),
            without_peer("arranging all rows by instrument: wall", arranging, "s"),
            without_peer("arranging all rows by instrument: CPU", arranging_cpu, "s"),
        ),
        (
            (
                f"{rows:,} prices in {deliveries} deliveries: {years} files of a year, then every ninth "
                f"session restated by a file of its own. A session is {session_rows:,} rows, an instrument "
                f"{symbol_rows:,}, all 13 columns. The peers read the current rows without versions, a file "
                "a year, by date for the session and by symbol for the instrument. Wall time, the least of "
                f"{_ROUNDS} rounds in turns, in a process that has read before."
            ),
        ),
    )


def _milliseconds_once(*works: Callable[[], pl.DataFrame]) -> list[float]:
    found = []
    for work in works:
        started = time.perf_counter()
        work()
        found.append(1000.0 * (time.perf_counter() - started))
    return found
