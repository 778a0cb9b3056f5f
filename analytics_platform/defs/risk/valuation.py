"""Full revaluation: what each instrument is worth today and in every scenario."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.defs.risk.inputs import INPUTS, RiskConfig, read_risk_inputs
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS, SCENARIO_PNL

CHECK = "every_held_instrument_is_valued"


@dg.multi_asset(
    name="revaluation",
    outs={
        "instrument_valuations": dg.AssetOut(
            key=["risk", "instrument_valuations"],
            description="One row per instrument and session: model price, implied volatility, Greeks.",
            io_manager_key="lake_io",
            kinds={"python", "numpy"},
            owners=["team:risk"],
            code_version=MODEL_VERSION,
        ),
        "scenario_pnl": dg.AssetOut(
            key=["risk", "scenario_pnl"],
            description="One row per session, instrument and currency: P&L of one unit in every scenario.",
            io_manager_key="lake_io",
            kinds={"python", "numpy"},
            owners=["team:risk"],
            code_version=MODEL_VERSION,
        ),
    },
    group_name="risk",
    pool=WAREHOUSE_POOL,
    deps=INPUTS,
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    check_specs=[
        conformity_spec(INSTRUMENT_VALUATIONS, "risk"),
        conformity_spec(SCENARIO_PNL, "risk"),
        dg.AssetCheckSpec(
            CHECK,
            asset=["risk", "instrument_valuations"],
            description="No instrument lacks a value; the status rows say why one does",
        ),
    ],
)
def revaluation(
    context: dg.AssetExecutionContext,
    config: RiskConfig,
    warehouse: WarehouseResource,
    lake: LakeResource,
) -> Iterator[dg.Output[pl.DataFrame] | dg.AssetCheckResult]:
    """Revalue every held instrument in the last moves of its risk factors."""
    from analytics_platform.risk.run import revalue

    sessions = session_range(context.partition_keys)
    inputs = read_risk_inputs(warehouse.open(), lake.open(), CALENDAR, sessions, config.n_scenarios)
    days = CALENDAR.sessions(*sessions)
    valuations, pnl = revalue(inputs, days, n_scenarios=config.n_scenarios)
    yield dg.Output(valuations, "instrument_valuations")
    yield dg.Output(pnl, "scenario_pnl")
    yield conformity(INSTRUMENT_VALUATIONS, "risk", valuations)
    yield conformity(SCENARIO_PNL, "risk", pnl)
    missing = valuations.filter(pl.col("status") == "missing")
    yield dg.AssetCheckResult(
        check_name=CHECK,
        asset_key=["risk", "instrument_valuations"],
        passed=missing.is_empty(),
        severity=dg.AssetCheckSeverity.WARN,
        metadata={"missing": missing.height, "first reasons": dg.MetadataValue.md(_reasons(missing))},
    )


def _reasons(missing: pl.DataFrame) -> str:
    rows = missing.head(20).select("business_date", "instrument_id", "reason").iter_rows()
    return "\n".join(f"- {day} {instrument}: {reason}" for day, instrument, reason in rows) or "none"
