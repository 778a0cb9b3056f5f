"""What moved a risk number since the session before."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.defs.risk.inputs import read_portfolios
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import SCENARIO_PNL
from analytics_platform.tables.risk_analysis import VAR_CHANGES

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
    deps=[
        ["marts", "fct_position_values"],
        ["staging", "stg_portfolios"],
        ["intermediate", "int_portfolio_spans"],
        ["risk", "scenario_pnl"],
    ],
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(VAR_CHANGES, "risk")],
)
def var_changes(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, lake: LakeResource
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per session, portfolio, metric and confidence: change since the session before, split up."""
    from analytics_platform.risk.var_changes import explain_changes

    first, last = session_range(context.partition_keys)
    days = CALENDAR.sessions(CALENDAR.previous(first), last)
    reader = warehouse.open()
    changes = explain_changes(
        reader.read("marts.fct_position_values", HOLDINGS, (days[0], last)),
        read_portfolios(reader),
        lake.open().read(SCENARIO_PNL, days, preferred=context.run.run_id),
        days[1:],
        calendar=CALENDAR,
    )
    yield dg.MaterializeResult(value=changes, check_results=[conformity(VAR_CHANGES, "risk", changes)])
