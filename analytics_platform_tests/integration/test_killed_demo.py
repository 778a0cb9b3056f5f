"""Killing the demo at any moment and starting it again ends in the same tables."""

import signal
import subprocess
import time
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.tables.contract import LINEAGE
from analytics_platform.tables.registry import DELIVERED, TABLES
from analytics_platform_tests.integration.conftest import Demo, Installation, installation

RESULTS = ("instrument_valuations", "scenario_pnl", "risk_metrics", "risk_contributions", "stress_results")
PUBLISHED = ("portfolio_risk", "positions", "returns", "exposures", "stock_volatilities")
RUN_COLUMNS = {*LINEAGE, "position_delivery_id", "price_delivery_id"}
"""Columns that name runs and arrival times, which no two runs share."""


def _kill_when(at: Installation, moment: Path, share: float) -> None:
    """Start the demo and kill it once `moment` exists and a bit later."""
    with subprocess.Popen(  # noqa: S603 - our own command
        at.command("demo"), env=at.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    ) as process:
        deadline = time.monotonic() + 300
        while not moment.exists() and process.poll() is None and time.monotonic() < deadline:
            time.sleep(0.01)
        time.sleep(share)
        process.send_signal(signal.SIGKILL)
        process.wait()


@pytest.mark.slow
def test_a_demo_killed_while_sql_runs_ends_in_the_same_tables(demo: Demo, tmp_path: Path) -> None:
    at = installation(tmp_path)
    _kill_when(at, at.settings.warehouse, 1.0)
    _assert_same_end(at, demo.at)


@pytest.mark.slow
def test_a_demo_killed_at_every_stage_ends_in_the_same_tables(demo: Demo, tmp_path: Path) -> None:
    at = installation(tmp_path)
    home = at.settings
    moments = [
        (Path(home.landing_url) / "fx_rates", 0.05),
        (home.lake / "prices", 0.0),
        (home.lake / "deliveries", 0.4),
        (home.lake / "positions", 0.3),
        (home.warehouse, 1.0),
        (home.lake / "scenario_pnl", 0.1),
        (home.lake / "stress_results", 0.5),
        (home.serving, 0.05),
    ]
    for moment, later in moments:
        _kill_when(at, moment, later)
    _assert_same_end(at, demo.at)


def _assert_same_end(at: Installation, clean: Installation) -> None:
    done = at.run("demo")
    assert done.returncode == 0, done.stdout + done.stderr
    assert _states(at) == _states(clean)
    for name in (*DELIVERED, *RESULTS):
        assert _rows(at, name).equals(_rows(clean, name)), name
    for name in PUBLISHED:
        assert _published(at, name).equals(_published(clean, name)), name


def _states(at: Installation) -> list[tuple[str, str, str | None, int | None]]:
    entries = Ledger(at.settings.ledger_url).entries()
    rows = [(e.version.key, str(e.state), e.sha256, e.rows_accepted) for e in entries]
    return sorted(rows, key=str)


def _rows(at: Installation, name: str) -> pl.DataFrame:
    table = TABLES[name]
    rows = DiskLake(at.settings.lake).read(table).select(table.columns.names())
    return rows.sort(pl.exclude(pl.List))


def _published(at: Installation, name: str) -> pl.DataFrame:
    rows = ServingStore(at.settings.serving).read(name)
    return rows.select(column for column in rows.columns if column not in RUN_COLUMNS).sort(pl.all())
