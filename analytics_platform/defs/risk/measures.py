"""What the scenario P&L says of each portfolio: VaR and expected shortfall, who brings it, and stress."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.defs.risk.inputs import INPUTS, RiskConfig, read_portfolios, read_risk_inputs
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import RISK_CONTRIBUTIONS, RISK_METRICS, STRESS_RESULTS

Result = Iterator[dg.MaterializeResult[pl.DataFrame]]

BOOK = [
    dg.AssetKey(path)
    for path in (
        ["marts", "fct_position_values"],
        ["staging", "stg_portfolios"],
        ["intermediate", "int_portfolio_spans"],
    )
]
HOLDINGS = ["business_date", "portfolio_id", "instrument_id", "quantity"]


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    ins={"scenario_pnl": dg.AssetIn(key=["risk", "scenario_pnl"])},
    deps=INPUTS,
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(RISK_METRICS, "risk")],
)
def risk_metrics(
    context: dg.AssetExecutionContext,
    config: RiskConfig,
    scenario_pnl: pl.DataFrame,
    warehouse: WarehouseResource,
    lake: LakeResource,
) -> Result:
    """One row per session, portfolio, metric, method and confidence: VaR and expected shortfall."""
    from analytics_platform.risk.run import Simulation, measure, measure_by_model

    sessions = session_range(context.partition_keys)
    days = CALENDAR.sessions(*sessions)
    inputs = read_risk_inputs(warehouse.open(), lake.open(), CALENDAR, sessions, config.n_scenarios)
    simulation = Simulation(config.n_simulated, config.seed)
    stored = measure(inputs.holdings, inputs.portfolios, scenario_pnl, sessions=days)
    modelled = measure_by_model(inputs, scenario_pnl, days, simulation=simulation)
    metrics = pl.concat([stored, modelled]).sort(RISK_METRICS.key)
    yield dg.MaterializeResult(value=metrics, check_results=[conformity(RISK_METRICS, "risk", metrics)])


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    ins={"scenario_pnl": dg.AssetIn(key=["risk", "scenario_pnl"])},
    deps=BOOK,
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(RISK_CONTRIBUTIONS, "risk")],
)
def risk_contributions(
    context: dg.AssetExecutionContext, scenario_pnl: pl.DataFrame, warehouse: WarehouseResource
) -> Result:
    """One row per session, portfolio, instrument, metric and confidence: its part of the metric."""
    from analytics_platform.risk.run import contribute

    days = CALENDAR.sessions(*session_range(context.partition_keys))
    parts = contribute(*_book(context, warehouse), scenario_pnl, sessions=days)
    yield dg.MaterializeResult(value=parts, check_results=[conformity(RISK_CONTRIBUTIONS, "risk", parts)])


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    deps=INPUTS,
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(STRESS_RESULTS, "risk")],
)
def stress_results(
    context: dg.AssetExecutionContext,
    config: RiskConfig,
    warehouse: WarehouseResource,
    lake: LakeResource,
) -> Result:
    """One row per session, portfolio and stress scenario: gain or loss by full revaluation."""
    from analytics_platform.risk.run import stress

    sessions = session_range(context.partition_keys)
    inputs = read_risk_inputs(warehouse.open(), lake.open(), CALENDAR, sessions, config.n_scenarios)
    results = stress(inputs, CALENDAR.sessions(*sessions))
    yield dg.MaterializeResult(value=results, check_results=[conformity(STRESS_RESULTS, "risk", results)])


def _book(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource
) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Return holdings of the asked sessions and the portfolio tree."""
    reader = warehouse.open()
    holdings = reader.read("marts.fct_position_values", HOLDINGS, session_range(context.partition_keys))
    return holdings, read_portfolios(reader)
