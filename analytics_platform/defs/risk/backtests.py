"""Whether losses were larger than the value at risk as often as its confidence says."""

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.storage.warehouse import Warehouse
from analytics_platform.tables.risk import RISK_METRICS
from analytics_platform.tables.risk_analysis import VAR_BACKTEST_DAYS, VAR_BACKTESTS

if TYPE_CHECKING:
    from analytics_platform.risk.hypothetical_pnl import PnlInputs

INPUTS = [
    dg.AssetKey(path)
    for path in (
        ["risk", "risk_metrics"],
        ["marts", "fct_position_values"],
        ["marts", "fct_position_pnl"],
        ["marts", "fct_portfolio_returns"],
        ["intermediate", "int_unit_values"],
        ["intermediate", "int_fx_rates_by_session"],
        ["staging", "stg_portfolios"],
    )
]
FORECAST = ["business_date", "portfolio_id", "metric", "method", "confidence", "value", "status", "reason"]


def _out(table: str, description: str) -> dg.AssetOut:
    return dg.AssetOut(
        key=["risk", table],
        description=description,
        io_manager_key="lake_io",
        kinds={"python", "numpy"},
        owners=["team:risk"],
        code_version=MODEL_VERSION,
    )


@dg.multi_asset(
    name="backtesting",
    outs={
        "var_backtest_days": _out(
            "var_backtest_days",
            "One row per session, portfolio and confidence: unchanged holdings against the VaR before.",
        ),
        "var_backtests": _out(
            "var_backtests",
            "One row per session, portfolio and confidence: Kupiec, Christoffersen and Basel over 250 days.",
        ),
    },
    group_name="risk",
    pool=WAREHOUSE_POOL,
    deps=INPUTS,
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[conformity_spec(VAR_BACKTEST_DAYS, "risk"), conformity_spec(VAR_BACKTESTS, "risk")],
)
def backtesting(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, lake: LakeResource
) -> Iterator[dg.Output[pl.DataFrame] | dg.AssetCheckResult]:
    """Hold what holdings earned against their value at risk, over the 250 sessions up to each one."""
    from analytics_platform.risk.backtest_rows import N_DAYS, backtest_days, backtests

    first, last = session_range(context.partition_keys)
    days = CALENDAR.sessions(CALENDAR.offset(first, -N_DAYS), last)
    metrics = lake.open().read(RISK_METRICS, days, columns=FORECAST, preferred=context.run.run_id)
    reader, span = warehouse.open(), (days[0], last)
    actual = reader.read("marts.fct_portfolio_returns", ["business_date", "portfolio_id", "pnl_base"], span)
    previous = dict(zip(days[1:], days[:-1], strict=True))
    compared = backtest_days(read_pnl_inputs(reader, span), metrics, actual, previous)
    own = compared.filter(pl.col("business_date") >= first)
    tests = backtests(compared, days[1:], CALENDAR.sessions(first, last))
    yield dg.Output(own, "var_backtest_days")
    yield dg.Output(tests, "var_backtests")
    yield conformity(VAR_BACKTEST_DAYS, "risk", own)
    yield conformity(VAR_BACKTESTS, "risk", tests)


def read_pnl_inputs(warehouse: Warehouse, sessions: tuple[date, date]) -> "PnlInputs":
    """Read what the hypothetical P&L of the sessions after the first one is made of."""
    from analytics_platform.risk.hypothetical_pnl import PnlInputs

    holdings = ["business_date", "portfolio_id", "instrument_id", "instrument_type", "quantity"]
    priced = ["business_date", "instrument_id", "reason"]
    rates = ["business_date", "currency", "rate_to_usd"]
    return PnlInputs(
        holdings=warehouse.read("marts.fct_position_values", holdings, sessions),
        position_pnl=warehouse.read("marts.fct_position_pnl", None, sessions),
        priced=warehouse.read("intermediate.int_unit_values", priced, sessions).filter(
            pl.col("reason").is_null()
        ),
        portfolios=warehouse.read("staging.stg_portfolios"),
        fx=warehouse.read("intermediate.int_fx_rates_by_session", rates, sessions),
    )
