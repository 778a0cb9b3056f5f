"""Where on the curve the rate risk of each bond sits."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.partitions import BUSINESS_DAYS, CALENDAR, session_range
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.defs.risk.inputs import INPUTS, read_risk_inputs
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.tables.risk_analysis import KEY_RATE_DURATIONS


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
    check_specs=[conformity_spec(KEY_RATE_DURATIONS, "risk")],
)
def key_rate_durations(
    context: dg.AssetExecutionContext, warehouse: WarehouseResource, lake: LakeResource
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per session, held bond and node of its curve: the duration that sits there."""
    from analytics_platform.risk.key_rate_rows import key_rates

    sessions = session_range(context.partition_keys)
    inputs = read_risk_inputs(warehouse.open(), lake.open(), CALENDAR, sessions, n_scenarios=1)
    rows = key_rates(inputs, CALENDAR.sessions(*sessions))
    yield dg.MaterializeResult(value=rows, check_results=[conformity(KEY_RATE_DURATIONS, "risk", rows)])
