"""What a risk run rested on, so that it can be told apart from another and repeated."""

import hashlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import version

import dagster as dg
import polars as pl

from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.io_managers import SOURCE
from analytics_platform.defs.partitions import BUSINESS_DAYS, session_range
from analytics_platform.defs.resources import LakeResource
from analytics_platform.defs.risk.inputs import RiskConfig
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.tables.risk import RUN_MANIFESTS


@dg.asset(
    key_prefix="risk",
    group_name="risk",
    kinds={"python", "parquet"},
    owners=["team:risk"],
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    io_manager_key="lake_io",
    deps=[["risk", "scenario_pnl"], ["risk", "stress_results"]],
    code_version="1",
    check_specs=[conformity_spec(RUN_MANIFESTS, "risk")],
)
def run_manifests(
    context: dg.AssetExecutionContext, config: RiskConfig, lake: LakeResource
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per risk run: sessions, code, settings and the digest of all deliveries that it could see."""
    first, last = session_range(context.partition_keys)
    inputs = sender_deliveries(lake.open())
    settings = json.dumps(config.model_dump(), sort_keys=True)
    manifest = pl.DataFrame(
        {
            "run_id": context.run.run_id,
            "first_date": first,
            "last_date": last,
            "code_version": f"{version('analytics-platform')}/{MODEL_VERSION}",
            "config_sha256": _digest(settings),
            "inputs_sha256": _digest("\n".join(inputs)),
            "n_input_deliveries": len(inputs),
            "as_known_at": datetime.now(UTC),
            "n_scenarios": config.n_scenarios,
        },
        schema=RUN_MANIFESTS.columns,
    )
    yield dg.MaterializeResult(value=manifest, check_results=[conformity(RUN_MANIFESTS, "risk", manifest)])


def sender_deliveries(lake: Lake) -> list[str]:
    """Return table, name and content digest of every delivery of a sender, sorted."""
    deliveries = lake.deliveries().filter(pl.col("source") != SOURCE)
    rows = deliveries.select("table_name", "delivery_id", "sha256").sort(pl.all())
    return ["|".join(row) for row in rows.iter_rows()]


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
