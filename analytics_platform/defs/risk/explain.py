"""Why each position earned what it did."""

from collections.abc import Iterator

import dagster as dg
import polars as pl
from pydantic import Field

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.defs.risk.inputs import INPUTS, read_risk_inputs
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS
from analytics_platform.tables.risk_analysis import PNL_EXPLAINS

HOLDINGS = [
    "business_date",
    "portfolio_id",
    "instrument_id",
    "instrument_type",
    "quantity",
    "multiplier",
    "fx_rate",
]
MORE_INPUTS = [
    dg.AssetKey(path)
    for path in (
        ["risk", "instrument_valuations"],
        ["marts", "fct_position_pnl"],
        ["intermediate", "int_corporate_actions_by_session"],
    )
]


class ExplainConfig(dg.Config):
    """What a run may set."""

    floor: float = Field(default=1_000.0, ge=0.0, description="Unexplained base currency that is no matter")


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    pool=WAREHOUSE_POOL,
    kinds={"python", "numpy"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    deps=[*INPUTS, *MORE_INPUTS],
    code_version=MODEL_VERSION,
    check_specs=[conformity_spec(PNL_EXPLAINS, "risk")],
)
def pnl_explains(
    context: dg.AssetExecutionContext,
    config: ExplainConfig,
    warehouse: WarehouseResource,
    lake: LakeResource,
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per session, portfolio and instrument: the day's profit by what moved, and what is left."""
    from analytics_platform.risk import explain_rows

    first, last = session_range(context.partition_keys)
    days = CALENDAR.sessions(CALENDAR.previous(first), last)
    reader, store, span = warehouse.open(), lake.open(), (days[0], last)
    inputs = explain_rows.ExplainInputs(
        risk=read_risk_inputs(reader, store, CALENDAR, span, n_scenarios=1),
        holdings=reader.read("marts.fct_position_values", HOLDINGS, span),
        position_pnl=reader.read("marts.fct_position_pnl", None, (first, last)),
        valuations=store.read(INSTRUMENT_VALUATIONS, days, preferred=context.run.run_id),
        splits=reader.read(
            "intermediate.int_corporate_actions_by_session",
            ["business_date", "instrument_id", "split_ratio"],
            span,
        ),
    )
    previous = dict(zip(days[1:], days[:-1], strict=True))
    rows = explain_rows.pnl_explains(inputs, previous, floor=config.floor)
    yield dg.MaterializeResult(value=rows, check_results=[conformity(PNL_EXPLAINS, "risk", rows)])
