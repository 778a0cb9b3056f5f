"""What the daily returns of each portfolio say over a year and more: statistics and factor betas."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import WarehouseResource
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk_analysis import FACTOR_BETAS, PERFORMANCE_STATISTICS

Result = Iterator[dg.MaterializeResult[pl.DataFrame]]

RETURNS = dg.AssetKey(["marts", "fct_portfolio_returns"])
PORTFOLIOS = dg.AssetKey(["staging", "stg_portfolios"])
FACTORS = [
    dg.AssetKey(path)
    for path in (
        ["marts", "fct_position_values"],
        ["intermediate", "int_fx_rates_by_session"],
        ["intermediate", "int_curve_quotes_by_session"],
    )
]


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    deps=[RETURNS, PORTFOLIOS],
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(PERFORMANCE_STATISTICS, "risk")],
)
def performance_statistics(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Result:
    """One row per session, portfolio, window and statistic of the daily returns."""
    from analytics_platform.risk import performance_rows

    first, last = session_range(context.partition_keys)
    reader = warehouse.open()
    returns = reader.read("marts.fct_portfolio_returns").filter(pl.col("business_date") <= last)
    begin = returns.select(pl.col("business_date").min()).item() or first
    axis = CALENDAR.sessions(CALENDAR.previous(begin), last)
    portfolios = reader.read("staging.stg_portfolios")
    days = CALENDAR.sessions(first, last)
    rows = performance_rows.performance_statistics(returns, portfolios, axis, days)
    checks = [conformity(PERFORMANCE_STATISTICS, "risk", rows)]
    yield dg.MaterializeResult(value=rows, check_results=checks)


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    deps=[RETURNS, PORTFOLIOS, *FACTORS],
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(FACTOR_BETAS, "risk")],
)
def factor_betas(context: dg.AssetExecutionContext, warehouse: WarehouseResource) -> Result:
    """One row per session, portfolio and factor: coefficient of a regression over 250 sessions."""
    from analytics_platform.risk import factor_rows

    first, last = session_range(context.partition_keys)
    axis = CALENDAR.sessions(CALENDAR.offset(first, -factor_rows.N_RETURNS), last)
    reader, span = warehouse.open(), (axis[0], last)
    returns = ["business_date", "portfolio_id", "return_rate", "benchmark_return_rate"]
    held = ["business_date", "portfolio_id", "currency", "quantity"]
    rates = ["business_date", "currency", "rate_to_usd"]
    quotes = ["business_date", "curve_id", "tenor", "rate"]
    inputs = factor_rows.FactorInputs(
        portfolio_returns=reader.read("marts.fct_portfolio_returns", returns, span),
        portfolios=reader.read("staging.stg_portfolios"),
        holdings=reader.read("marts.fct_position_values", held, (first, last)),
        fx=reader.read("intermediate.int_fx_rates_by_session", rates, span),
        curve_quotes=reader.read("intermediate.int_curve_quotes_by_session", quotes, span),
    )
    rows = factor_rows.factor_betas(inputs, axis, CALENDAR.sessions(first, last))
    yield dg.MaterializeResult(value=rows, check_results=[conformity(FACTOR_BETAS, "risk", rows)])
