"""Assets that explain, check and sum up the risk results, on a warehouse of one share, cash and a curve."""

from datetime import UTC, date, datetime
from pathlib import Path

import dagster as dg
import duckdb
import numpy as np
import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.partitions import CALENDAR, RANGE_END, RANGE_START
from analytics_platform.defs.resources import DuckDBResource, LakeResource
from analytics_platform.defs.risk import backtests, explain, key_rates, performance
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import BOND_ACCRUALS, DELIVERIES
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS, RISK_METRICS
from analytics_platform.tables.risk_analysis import (
    FACTOR_BETAS,
    KEY_RATE_DURATIONS,
    PERFORMANCE_STATISTICS,
    PNL_EXPLAINS,
    VAR_BACKTEST_DAYS,
    VAR_BACKTESTS,
)

N_DAYS = 80
DAYS = CALENDAR.sessions(date(2012, 10, 1), date(2013, 6, 30))[:N_DAYS]
RETURNS = np.random.default_rng(3).normal(0.0, 0.01, N_DAYS)
LEVELS = 100.0 * np.cumprod(1.0 + RETURNS)
RESULTS = (VAR_BACKTEST_DAYS, VAR_BACKTESTS, PNL_EXPLAINS, PERFORMANCE_STATISTICS, FACTOR_BETAS)
NONE = pl.lit(None, pl.String)


def daily(**columns: object) -> pl.DataFrame:
    return pl.DataFrame({"business_date": DAYS, **columns})


def relations() -> dict[str, pl.DataFrame]:
    """Ten shares, and what the marts make of them."""
    change = 10.0 * np.diff(LEVELS, prepend=100.0)
    book = {"portfolio_id": "P", "instrument_id": "SHARE"}
    zero = pl.lit(0.0)
    return {
        "marts.fct_position_values": daily(**book, quantity=10.0).with_columns(
            instrument_type=pl.lit("equity"), currency=pl.lit("USD"), multiplier=1.0, fx_rate=1.0
        ),
        "marts.fct_position_pnl": daily(**book, price_pnl_base=change, pnl_base=change).with_columns(
            base_currency=pl.lit("USD"), previous_market_value_base=pl.Series(10.0 * LEVELS - change),
            market_value_base=pl.Series(10.0 * LEVELS), income_base=zero, fx_pnl_base=zero,
            cross_pnl_base=zero, trading_pnl_base=zero, status=pl.lit("ok"), reason=NONE,
        ),
        "marts.fct_portfolio_returns": daily(
            portfolio_id="P", return_rate=RETURNS, benchmark_return_rate=0.5 * RETURNS + 0.001,
            pnl_base=change, nav_base=10.0 * LEVELS,
        ).with_columns(start_of_day_flow_base=zero, end_of_day_flow_base=zero, reason=NONE),
        "intermediate.int_unit_values": daily(instrument_id="SHARE", price_local=LEVELS).with_columns(
            currency=pl.lit("USD"), reason=NONE
        ),
        "intermediate.int_fx_rates_by_session": daily(currency="USD", rate_to_usd=1.0),
        "intermediate.int_total_returns": daily(instrument_id="SHARE", total_return_rate=RETURNS),
        "intermediate.int_curve_quotes_by_session": daily(
            curve_id="UST_PAR", tenor="10Y", rate=0.02 + np.cos(np.arange(N_DAYS)) / 1000.0
        ),
        "intermediate.int_corporate_actions_by_session": daily(instrument_id="X", split_ratio=1.0).clear(),
        "staging.stg_portfolios": pl.DataFrame(
            {"portfolio_id": ["P"], "base_currency": ["USD"], "benchmark_id": ["BM"]}
        ).with_columns(parent_portfolio_id=NONE, inception_date=pl.lit(DAYS[0])),
        "intermediate.int_portfolio_spans": pl.DataFrame({"portfolio_id": ["P"], "first_date": [DAYS[0]]}),
        "staging.stg_instruments": pl.DataFrame(
            {"instrument_id": ["SHARE"], "instrument_type": ["equity"], "currency": ["USD"]}
        ).with_columns(multiplier=1.0),
        "staging.stg_bond_terms": pl.DataFrame(schema={"instrument_id": pl.String}),
        "staging.stg_option_terms": pl.DataFrame(
            schema={"instrument_id": pl.String, "underlying_instrument_id": pl.String}
        ),
        "staging.stg_fx_forward_terms": pl.DataFrame(schema={"instrument_id": pl.String}),
        "staging.stg_stress_shifts": pl.DataFrame(schema={"scenario_id": pl.String}),
        "staging.stg_risk_proxies": pl.DataFrame(
            schema={"instrument_id": pl.String, "proxy_instrument_id": pl.String}
        ),
    }  # fmt: skip


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("warehouse") / "warehouse.duckdb"
    with duckdb.connect(str(path)) as connection:
        for name, frame in relations().items():
            connection.execute(f"create schema if not exists {name.split('.')[0]}")
            connection.register("frame", frame)
            connection.execute(f"create table {name} as select * from frame")  # noqa: S608 - names of the test
    return path


def deliver(lake: DiskLake, table: Table, rows: pl.DataFrame) -> None:
    delivery = Delivery("earlier", "analytics_platform", DAYS[0], DAYS[-1], datetime(2013, 7, 1, tzinfo=UTC))
    lake.append(table, rows, delivery)
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), "earlier")
    counts = {"rows_read": rows.height, "rows_accepted": rows.height, "rows_rejected": 0, "rows_ignored": 0}
    facts = {"table_name": table.name, "sheet": None, "first_date": DAYS[0], "last_date": DAYS[-1]}
    lake.publish(table, delivery, pl.DataFrame({**facts, **counts, **texts}, schema=DELIVERIES.columns))


def as_rows(table: Table, frame: pl.DataFrame) -> pl.DataFrame:
    missing = [
        pl.lit(None, dtype).alias(name) for name, dtype in table.columns.items() if name not in frame.columns
    ]
    return frame.with_columns(*missing).select(
        pl.col(name).cast(dtype) for name, dtype in table.columns.items()
    )


@pytest.fixture
def lake(tmp_path: Path) -> DiskLake:
    """A lake with the value at risk of every session, and what the share was worth."""
    made = DiskLake(tmp_path / "lake")
    metrics = daily(
        portfolio_id="P", metric="value_at_risk", method="historical", confidence=0.99, horizon_days=1,
        currency="USD", value=15.0, n_scenarios=500, status="ok", model_version="1",
    )  # fmt: skip
    deliver(made, RISK_METRICS, as_rows(RISK_METRICS, metrics))
    valued = daily(instrument_id="SHARE", model="price", market_price_local=LEVELS, status="ok")
    deliver(made, INSTRUMENT_VALUATIONS, as_rows(INSTRUMENT_VALUATIONS, valued))
    deliver(made, BOND_ACCRUALS, BOND_ACCRUALS.columns.to_frame())
    return made


def materialize(warehouse: Path, lake: DiskLake, first: date, last: date) -> dg.ExecuteInProcessResult:
    assets = dg.load_assets_from_modules([backtests, explain, key_rates, performance])
    return dg.materialize(
        [each for each in assets if isinstance(each, dg.AssetsDefinition)],
        resources={
            "lake": LakeResource(root=str(lake.root)),
            "lake_io": LakeIOManager(root=str(lake.root)),
            "warehouse": DuckDBResource(path=str(warehouse)),
        },
        tags={RANGE_START: first.isoformat(), RANGE_END: last.isoformat()},
    )


def results(lake: DiskLake) -> dict[str, pl.DataFrame]:
    return {
        table.name: lake.read(table, DAYS[-3:], columns=table.columns.names()).sort(table.key)
        for table in RESULTS
    }


@pytest.mark.slow
def test_a_range_gives_what_its_sessions_give_alone_and_all_conform(warehouse: Path, lake: DiskLake) -> None:
    for day in DAYS[-3:]:
        materialize(warehouse, lake, day, day)
    alone = results(lake)
    done = materialize(warehouse, lake, DAYS[-3], DAYS[-1])
    checks = {check.asset_key.path[-1]: check.passed for check in done.get_asset_check_evaluations()}
    assert checks == dict.fromkeys([*(table.name for table in RESULTS), KEY_RATE_DURATIONS.name], True)
    for name, together in results(lake).items():
        assert not together.is_empty(), name
        assert_frame_equal(together, alone[name])


def test_what_the_assets_say_of_the_share_is_what_happened_to_it(warehouse: Path, lake: DiskLake) -> None:
    materialize(warehouse, lake, DAYS[-1], DAYS[-1])
    found, last = results(lake), {"business_date": DAYS[-1]}
    days = found["var_backtest_days"].filter(confidence=0.99, **last)
    change = 10.0 * (LEVELS[-1] - LEVELS[-2])
    assert days["hypothetical_pnl"].to_list() == pytest.approx([change])
    tests = found["var_backtests"].filter(confidence=0.99, **last).row(0, named=True)
    losses = -10.0 * np.diff(LEVELS)
    assert (tests["n_days"], tests["n_exceptions"]) == (N_DAYS - 1, int((losses > 15.0).sum()))
    explained = found["pnl_explains"].filter(**last).row(0, named=True)
    assert (explained["delta_pnl"], explained["unexplained_pnl"]) == pytest.approx((change, 0.0))
    betas = found["factor_betas"].filter(factor_id="BM", **last)
    assert betas["beta"].to_list() == pytest.approx([2.0])
    total = found["performance_statistics"].filter(lookback="inception", statistic="total_return", **last)
    assert total["value"].to_list() == pytest.approx([np.prod(1.0 + RETURNS) - 1.0])
