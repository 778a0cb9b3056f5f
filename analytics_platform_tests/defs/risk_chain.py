"""From files in a lake to the results of the risk step: dbt, then the assets, as a run would do it."""

from datetime import date

import dagster as dg
import polars as pl

from analytics_platform.calendars.sessions import calendar, trading_sessions_frame
from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.partitions import CALENDAR, RANGE_END, RANGE_START
from analytics_platform.defs.reference import bond_accruals, curve_segments
from analytics_platform.defs.resources import DuckDBResource, LakeResource
from analytics_platform.defs.risk import explain, measures, valuation
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS, RISK_METRICS, SCENARIO_PNL, STRESS_RESULTS
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS
from analytics_platform_tests.defs.small_warehouse import FIRST, Warehouse

MODELS = (
    "fct_position_pnl",
    "fct_position_values",
    "int_curve_quotes_by_session",
    "int_portfolio_spans",
    "int_total_returns",
    "stg_bond_terms",
    "stg_fx_forward_terms",
    "stg_option_terms",
    "stg_risk_proxies",
    "stg_stress_shifts",
)
TABLES = (INSTRUMENT_VALUATIONS, SCENARIO_PNL, RISK_METRICS, STRESS_RESULTS, PNL_EXPLAINS)
CONFIGURED = ("revaluation", "risk__risk_metrics", "risk__stress_results")
N = 24
DAYS = CALENDAR.sessions(date(2013, 1, 15), date(2013, 2, 26))[-N - 2 :]
"""Sessions with market data; the book is held on the last two, each with N moves behind it."""
BEFORE, LAST = DAYS[-2:]


def deliver_frame(made: Warehouse) -> None:
    """Deliver the portfolio BOOK in dollars and the calendar."""
    book = {"portfolio_id": "BOOK", "name": "Book", "base_currency": "USD", "inception_date": DAYS[0]}
    made.deliver("portfolios", [book], FIRST)
    made.deliver("trading_sessions", trading_sessions_frame(calendar("XNYS")).to_dicts(), FIRST)


def risk_results(made: Warehouse) -> dict[str, pl.DataFrame]:
    """Build the marts and materialise the risk step on the last two sessions; all checks have to hold."""
    lake = DiskLake(made.folder / "lake")
    resources = {
        "lake": LakeResource(root=str(lake.root)),
        "lake_io": LakeIOManager(root=str(lake.root)),
        "warehouse": DuckDBResource(path=str(made.folder / "warehouse.duckdb")),
    }
    dg.materialize([bond_accruals.bond_accruals, curve_segments.curve_segments], resources=resources)
    made.dbt("run", "--select", *(f"+{model}" for model in MODELS))
    assets = dg.load_assets_from_modules([valuation, measures, explain])
    done = dg.materialize(
        [each for each in assets if isinstance(each, dg.AssetsDefinition)],
        resources=resources,
        run_config={"ops": {name: {"config": {"n_scenarios": N}} for name in CONFIGURED}},
        tags={RANGE_START: BEFORE.isoformat(), RANGE_END: LAST.isoformat()},
    )
    failed = [check.check_name for check in done.get_asset_check_evaluations() if not check.passed]
    assert failed == []
    return {table.name: lake.read(table, [BEFORE, LAST]) for table in TABLES}
