"""`analytics what-if` as a process: numbers by hand, and one clear answer to every wrong question."""

import os
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.cli.what_if import run_what_if
from analytics_platform.settings import settings
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.risk import SCENARIO_PNL

MONDAY, TUESDAY = date(2013, 2, 25), date(2013, 2, 26)
KNOWN_AT = datetime(2013, 2, 27, tzinfo=UTC)
LOSSES = [float(x) for x in range(1, 101)]
HEDGE = [x / 2 for x in LOSSES]
RISK_SCHEMA = pl.Schema(
    {
        "business_date": pl.Date(),
        "portfolio_id": pl.String(),
        "parent_portfolio_id": pl.String(),
        "base_currency": pl.String(),
        "nav_base": pl.Decimal(38, 8),
        "status": pl.String(),
        "reason": pl.String(),
    }
)
HELD_SCHEMA = pl.Schema(
    {
        "business_date": pl.Date(),
        "portfolio_id": pl.String(),
        "instrument_id": pl.String(),
        "quantity": pl.Decimal(38, 8),
    }
)

Run = Callable[..., subprocess.CompletedProcess[str]]


def _vector(day: date, name: str, pnl: list[float] | None, **facts: object) -> dict[str, object]:
    return {
        "business_date": day,
        "instrument_id": name,
        "currency": "USD",
        "first_scenario_date": date(2012, 10, 1),
        "last_scenario_date": day,
        "n_scenarios": 100,
        "unit_value": 50.0,
        "unit_pnl": pnl,
        "status": "ok",
        **facts,
    }


def _deliver(lake: DiskLake, run_id: str, rows: list[dict[str, object]]) -> None:
    delivery = Delivery(run_id, "analytics_platform", MONDAY, TUESDAY, KNOWN_AT)
    facts = {
        **dict.fromkeys(("uri", "version_id", "sha256", "run_id"), run_id),
        **dict.fromkeys(("rows_read", "rows_accepted"), len(rows)),
        **dict.fromkeys(("rows_rejected", "rows_ignored"), 0),
        "table_name": "scenario_pnl",
        "first_date": MONDAY,
        "last_date": TUESDAY,
    }
    lake.append(SCENARIO_PNL, pl.DataFrame(rows, schema=SCENARIO_PNL.columns), delivery)
    lake.publish(SCENARIO_PNL, delivery, pl.DataFrame([facts], schema=DELIVERIES.columns))


def _publish(home: Path, run_id: str, units: int) -> str:
    """Publish two sessions of two portfolios; return the moment."""
    days = (MONDAY, TUESDAY)
    nodes: list[tuple[str, str | None, int | None, str, str | None]] = [
        ("TOP", None, 2000, "ok", None),
        ("BOOK", "TOP", 0, "ok", None),
        ("SILENT", None, None, "missing", f"no positions of GAP on {TUESDAY}"),
    ]
    risk = [(day, name, above, "USD", *rest) for day in days for name, above, *rest in nodes]
    held = [(day, "BOOK", "X", units) for day in days] + [(MONDAY, "BOOK", "LOST", 1)]
    runs = {"business_date": list(days), "run_id": [run_id] * 2}
    version = ServingStore(home / "serving").publish(
        {
            "portfolio_risk": pl.DataFrame(risk, schema=RISK_SCHEMA, orient="row"),
            "position_values": pl.DataFrame(held, schema=HELD_SCHEMA, orient="row"),
            "runs": pl.DataFrame(runs),
        },
        run_id=run_id,
        known_at=KNOWN_AT,
        code_version="1",
    )
    return version.published_at.isoformat()


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("what_if")
    lake = DiskLake(folder / "lake")
    losses = [-x for x in LOSSES]
    for run_id, scale in (("first", 2.0), ("second", 1.0)):
        rows = [_vector(day, "X", [x * scale for x in losses]) for day in (MONDAY, TUESDAY)]
        rows.append(
            _vector(TUESDAY, "HEDGE", HEDGE, status="warning", reason="3 moves are those of the proxy")
        )
        rows.append(_vector(TUESDAY, "LOST", None, status="missing", reason="no price in USD"))
        rows.append(_vector(TUESDAY, "BROKEN", [float("nan"), *HEDGE[1:]]))
        _deliver(lake, run_id, rows)
    (folder / "before").write_text(_publish(folder, "first", units=10), "utf-8")
    _publish(folder, "second", units=10)
    return folder


@pytest.fixture
def ask(home: Path) -> Run:
    def run(*arguments: str, portfolio: str = "TOP") -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "analytics_platform.cli", "what-if", "--portfolio", portfolio]
        environment = {"PATH": os.defpath, "HOME": str(home), "ANALYTICS_HOME": str(home)}
        return subprocess.run(  # noqa: S603 - our own command
            [*command, *arguments], env=environment, capture_output=True, text=True, timeout=60, check=False
        )

    return run


@pytest.fixture
def settled(home: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Let this process see the home."""
    monkeypatch.setenv("ANALYTICS_HOME", str(home))
    settings.cache_clear()
    yield
    settings.cache_clear()


def _cells(output: str) -> dict[str, list[str]]:
    """Rows of the printed tables by their first cell."""
    plain = output.replace("\N{THIN SPACE}", "").replace("\N{MINUS SIGN}", "-")
    rows = [re.split(r"\s*│\s*", line.strip("│ ")) for line in plain.splitlines() if line.startswith("│")]
    return {row[0]: row[1:] for row in rows}


def test_a_hedge_by_hand(ask: Run) -> None:
    done = ask("--trade", "HEDGE:10", "--trade", "X:2")
    assert (done.returncode, done.stderr) == (0, "")
    told = _cells(done.stdout)
    # 10 X lose 10, 20 .. 1000; with 10 HEDGE and 2 X more, 12 i - 5 i; without the hedge 12 i, without
    # the purchase 5 i. Of 100 at 97.5 % the third worst, and (100 + 99 + 98 / 2) / 2.5 = 99.2.
    assert told["VaR 95"] == ["960", "672", "-288", "-480", "+192"]
    assert told["VaR 97.5"] == ["980", "686", "-294", "-490", "+196"]
    assert told["VaR 99"] == ["1000", "700", "-300", "-500", "+200"]
    assert told["ES 95"] == ["980", "686", "-294", "-490", "+196"]
    assert told["ES 97.5"] == ["992", "694", "-298", "-496", "+198"]
    assert told["ES 99"] == ["1000", "700", "-300", "-500", "+200"]
    assert told["HEDGE"] == ["+10", "+500", "0", "10", "500", "25.00%"]
    assert told["X"] == ["+2", "+100", "10", "12", "600", "30.00%"]
    assert "warning HEDGE: 3 moves are those of the proxy" in done.stdout


def test_selling_all_leaves_no_risk_and_no_weight_without_net_assets(ask: Run) -> None:
    told = _cells(ask("--trade", "X:-10", portfolio="BOOK").stdout)
    assert told["VaR 99"] == ["1000", "0", "-1000", "-1000"]
    assert told["X"] == ["-10", "-500", "10", "0", "0", "\N{EN DASH}"]


def test_what_was_published_then_is_answered_from_the_vectors_of_then(ask: Run, home: Path) -> None:
    moment = (home / "before").read_text("utf-8")
    told = _cells(ask("--trade", "X:1", "--as-known-at", moment, "--date", "2013-02-26").stdout)
    assert told["VaR 99"] == ["2000", "2200", "+200", "+200"]


@pytest.mark.parametrize(
    ("portfolio", "trade", "when", "answer"),
    [
        ("TOPP", "X:1", (None, None), "there is no portfolio TOPP; known are BOOK, SILENT, TOP"),
        ("TOP", "X", (None, None), "'X' is not a trade: write INSTRUMENT:QUANTITY"),
        ("TOP", "X:ten", (None, None), "'X:ten' is not a trade"),
        ("TOP", "X:nan", (None, None), "'X:nan' is not a trade"),
        ("TOP", "X:0", (None, None), "'X:0' is not a trade"),
        ("TOP", "X:1e308", (None, None), "'X:1e308' trades more than 1,000,000,000,000,000 units: write a"),
        ("TOP", "X:-1.1e15", (None, None), "'X:-1.1e15' trades more than 1,000,000,000,000,000 units"),
        ("TOP", "X:1e-9", (None, None), "'X:1e-9' trades less than 0.00000001 units"),
        ("TOP", ":5", (None, None), "':5' is not a trade"),
        ("TOP", "HEGDE:5", (None, None), "HEGDE has no scenario vector on 2013-02-26: only what some"),
        ("TOP", "HEGDE:5", (None, None), "such as HEDGE. To ask about it, deliver a position of it"),
        ("TOP", "HEGDE:5", (None, None), "run `analytics backfill --from 2013-02-26 --to 2013-02-26`"),
        ("TOP", "LOST:5", (None, None), "LOST has no scenario vector on 2013-02-26: no price in USD"),
        ("TOP", "BROKEN:5", (None, None), "BROKEN has no scenario vector on 2013-02-26: a scenario of"),
        ("TOP", "X:1", (MONDAY, None), "the risk of TOP on 2013-02-25 is missing, before any trade"),
        ("SILENT", "X:1", (None, None), "before any trade: no positions of GAP on 2013-02-26"),
        ("TOP", "X:1", (date(2013, 3, 9), None), "published are the sessions from 2013-02-25 to 2013-02-26"),
        ("TOP", "X:1", (None, "2001-01-01T00:00:00Z"), "nothing was published by 2001-01-01"),
        ("TOP", "X:1", (None, "yesterday"), "yesterday"),
    ],
)
@pytest.mark.usefixtures("settled")
def test_a_wrong_question_gets_one_answer_and_a_cure(
    capsys: pytest.CaptureFixture[str],
    portfolio: str,
    trade: str,
    when: tuple[date | None, str | None],
    answer: str,
) -> None:
    assert run_what_if(portfolio, ["X:1", trade], *when) == 2
    told = capsys.readouterr().out
    assert answer in told
    assert told.count("\n") == 1


def test_a_wrong_question_fails_the_process(ask: Run) -> None:
    done = ask("--trade", "X:ten")
    assert (done.returncode, done.stderr) == (2, "")
    assert done.stdout.startswith("'X:ten' is not a trade")


def test_nothing_published_is_told(tmp_path: Path) -> None:
    command = [
        sys.executable,
        "-m",
        "analytics_platform.cli",
        "what-if",
        "--portfolio",
        "A",
        "--trade",
        "X:1",
    ]
    environment = {"PATH": os.defpath, "HOME": str(tmp_path), "ANALYTICS_HOME": str(tmp_path)}
    done = subprocess.run(  # noqa: S603 - our own command
        command, env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 2
    assert "run `make demo` or `analytics backfill`" in done.stdout


def test_the_command_loads_neither_the_orchestrator_nor_the_warehouse() -> None:
    code = (
        "import sys, analytics_platform.cli.app, analytics_platform.cli.what_if; "
        "print(sorted({'dagster', 'dbt', 'duckdb', 'boto3', 'scipy', 'QuantLib'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)  # noqa: S603 - our own text
    assert done.stdout == "[]\n"
