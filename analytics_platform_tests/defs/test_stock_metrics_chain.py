"""A file as the stock API had it, through landing zone, lake, SQL and publication to the HTTP answers."""

import json
from decimal import Decimal
from typing import Any

import pytest
from fastapi.testclient import TestClient

from analytics_platform.api.app import create_app
from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform.defs.dbt import parse_project
from analytics_platform.defs.serving.extract import EXTRACTS
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.landing.zone import DiskLandingZone
from analytics_platform.storage.ledger.ledger import Ledger, State
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.warehouse import DuckDBWarehouse
from analytics_platform.tables.registry import TABLES
from analytics_platform_tests.defs.small_warehouse import FIRST, MONDAY, PROJECT, Warehouse
from analytics_platform_tests.defs.stock_history import StockHistory, stock_history, write_dialect
from analytics_platform_tests.defs.stock_metrics_compared import assert_answers_are_those_by_hand

METRICS = (
    "average_daily_returns",
    "most_valuable_days",
    "most_valuable_stocks",
    "stock_volatilities",
    "best_return_windows",
)


@pytest.fixture(scope="module")
def history(tmp_path_factory: pytest.TempPathFactory) -> StockHistory:
    return stock_history(tmp_path_factory.mktemp("history"))


@pytest.fixture(scope="module")
def client(
    child: ParsingChild, history: StockHistory, tmp_path_factory: pytest.TempPathFactory
) -> TestClient:
    """Land the files, load them, build the marts, publish them."""
    home = tmp_path_factory.mktemp("home")
    write_dialect(home / "sources")
    intake = Intake(
        DiskLandingZone(home / "landing"),
        Ledger(f"sqlite:///{home / 'ledger.sqlite'}"),
        DiskLake(home / "lake"),
        Quarantine(home / "quarantine"),
        home / "sources",
        child,
        calendar("XNYS"),
    )
    for file in history.deliver(home / "sent"):
        DiskLandingZone(home / "landing").put(f"{file.parent.name}/{file.name}", file)
    intake.observe()
    for name in ("prices", "instruments", "corporate_actions", "portfolios", "positions"):
        intake.load(TABLES[name], "run")
    assert {entry.state for entry in intake.ledger.entries()} == {State.LOADED}
    parse_project(PROJECT, home / "target")
    built = Warehouse(home, home / "target", (home / "target" / "partial_parse.msgpack").read_bytes())
    built.deliver("trading_sessions", trading_sessions_frame(calendar("XNYS")).to_dicts(), FIRST, MONDAY)
    built.dbt("run", "--select", *(f"+{EXTRACTS[name].split('.')[1]}" for name in METRICS))
    reader = DuckDBWarehouse(home / "warehouse.duckdb")
    tables = {name: reader.read(EXTRACTS[name]) for name in METRICS}
    ServingStore(home / "serving").publish(tables, run_id="run", known_at=FIRST, code_version="1")
    return TestClient(create_app(home / "serving", home / "pages"), base_url="http://127.0.0.1")


def test_every_stock_metric_is_what_is_worked_out_by_hand(client: TestClient, history: StockHistory) -> None:
    def answers(path: str) -> Any:  # noqa: ANN401 - JSON of several shapes
        answer = client.get(path)
        assert answer.status_code == 200, answer.text
        return json.loads(answer.text, parse_float=Decimal)

    assert_answers_are_those_by_hand(answers, history)


def test_a_split_is_a_loss_on_raw_closes_only(client: TestClient, history: StockHistory) -> None:
    for (_, day), ratio in history.splits.items():
        dates = {"from_date": str(day), "to_date": str(day)}
        (row,) = client.get("/metrics/average-daily-return", params=dates).json()
        assert (row["raw_average_return_pct"] < row["average_return_pct"]) == (ratio > 1)
