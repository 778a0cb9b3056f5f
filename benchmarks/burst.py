"""Benchmark `burst`: a thousand small files that land at once, from the sensor to their final states."""

import resource
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import dagster as dg
import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.defs.ingestion.deliveries import ASSETS
from analytics_platform.defs.ingestion.landing_sensor import landing_zone_sensor
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.resources import IntakeResource, intake_resource
from analytics_platform.settings import Settings
from analytics_platform.storage.landing.zone import DiskLandingZone
from benchmarks.result import Measured, Result, below, without_peer

_SESSIONS, _QUICK_SESSIONS = 250, 5
_LAST = date(2013, 3, 1)
_ROWS = 20
_MOST_RUNS = 10
_FINAL = {"loaded"}
_QUIET = {"loggers": {"console": {"config": {"log_level": "ERROR"}}}}

_HEADERS = {
    "prices": "business_date,instrument_id,price_type,close_local,currency",
    "positions": "business_date,portfolio_id,instrument_id,book,quantity",
    "fx_rates": "business_date,base_currency,quote_currency,rate",
    "curve_quotes": "business_date,curve_id,tenor,quote_type,rate",
}
_ROW = {
    "prices": "{day},EQ_{n:03},close,{n}.25,USD",
    "positions": "{day},BOOK,EQ_{n:03},ibor,{n}00",
    "fx_rates": "{day},EUR,X{letter}A,1.{n:02}",
    "curve_quotes": "{day},USD_{n},10Y,par_yield,0.0{n:02}",
}


@dataclass
class _Cost:
    """Time from entering a block to leaving it, with that of the child processes that ended in it."""

    wall: float = 0.0
    cpu: float = 0.0


@contextmanager
def _timed() -> Iterator[_Cost]:
    cost = _Cost(time.perf_counter(), _cpu())
    yield cost
    cost.wall, cost.cpu = time.perf_counter() - cost.wall, _cpu() - cost.cpu


def _cpu() -> float:
    both = (resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(usage.ru_utime + usage.ru_stime for usage in both)


def _land(zone: DiskLandingZone, upload: Path, sessions: list[date]) -> int:
    """Put one file a table and session; return how many."""
    for table, header in _HEADERS.items():
        for day in sessions:
            rows = [_ROW[table].format(day=day, n=n, letter=chr(65 + n)) for n in range(1, _ROWS + 1)]
            upload.write_text("\n".join([header, *rows, ""]), "utf-8")
            zone.put(f"{table}/vendor_{day}.csv", upload)
    return len(_HEADERS) * len(sessions)


def _ask(instance: dg.DagsterInstance, intake: IntakeResource) -> list[dg.RunRequest]:
    with dg.build_sensor_context(instance=instance, resources={"intake": intake}) as context:
        return list(landing_zone_sensor.evaluate_tick(context).run_requests or [])


def _load(instance: dg.DagsterInstance, intake: IntakeResource, request: dg.RunRequest) -> None:
    """Run what a request asks for, as far as it loads files."""
    landed = [asset for asset in ASSETS if asset.key.path[-1] in _HEADERS]
    tags = {**request.tags, "dagster/run_key": str(request.run_key)}
    dg.materialize(landed, instance=instance, resources={"intake": intake}, tags=tags, run_config=_QUIET)


def _bare(files: list[Path], folder: Path) -> float:
    """CPU seconds to convert the same files without any check or record."""
    with _timed() as cost:
        for number, file in enumerate(files):
            pl.read_csv(file, try_parse_dates=True).write_parquet(folder / f"{number}.parquet")
    return cost.cpu


def measure(*, is_quick: bool) -> Measured:
    """Land the files, let the sensor ask until it asks for nothing, and run what it asked for."""
    wanted = -(_QUICK_SESSIONS if is_quick else _SESSIONS)
    sessions = calendar("XNYS").sessions(date(2010, 1, 4), _LAST)[wanted:]
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir()
        of = Settings(home=home, sources=home)
        zone = DiskLandingZone(Path(of.landing_url))
        landed = _land(zone, Path(folder) / "upload", sessions)
        intake = intake_resource(of)
        runs = 0
        with prepare_instance(of.dagster_template, of.dagster_home) as instance, _timed() as cost:
            with _timed() as asking:
                requests = _ask(instance, intake)
            while requests:
                runs += len(requests)
                for request in requests:
                    _load(instance, intake, request)
                requests = _ask(instance, intake)
        states = [str(entry.state) for entry in intake.watch().ledger.entries()]
        if len(states) != landed or not set(states) <= _FINAL:
            counts = {state: states.count(state) for state in sorted(set(states))}
            message = f"{landed} files landed and not all are in a final state: {counts}"
            raise RuntimeError(message)
        bare = _bare([zone.fetch(version, Path(folder)) for version in zone.versions()], Path(folder))
    tables, peer = ", ".join(_HEADERS), "polars read_csv + write_parquet"
    return Measured(
        (
            without_peer(f"runs asked for, {landed} files", float(runs), "runs", below(_MOST_RUNS + 1)),
            without_peer("first look of the sensor", asking.wall, "s"),
            without_peer("until all files are in a final state: wall", cost.wall, "s"),
            Result("until then: CPU", 1000.0 * cost.cpu / landed, peer, 1000.0 * bare / landed, "ms a file"),
        ),
        (
            (
                f"{landed} CSV files of {_ROWS} rows, one a session and table ({tables}), are put "
                "at once. The sensor looks, what it asks for is run as far as it loads files, and it looks "
                "again until it asks for nothing: every version is then loaded, which is checked. CPU is "
                "that of all processes, Dagster's bookkeeping included."
            ),
        ),
    )
