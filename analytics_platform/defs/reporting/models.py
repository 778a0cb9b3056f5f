"""The dbt models that join marts and risk results."""

from collections.abc import Iterator

import dagster as dg
from dagster_dbt import dbt_assets

from analytics_platform.defs.dbt import (
    WAREHOUSE_POOL,
    DbtEvent,
    DbtProjectRunner,
    StageTranslator,
    manifest_path,
)
from analytics_platform.defs.partitions import BUSINESS_DAYS, session_range


@dbt_assets(
    manifest=manifest_path(),
    name="reports",
    select="config.schema:reporting",
    dagster_dbt_translator=StageTranslator(),
    partitions_def=BUSINESS_DAYS,
    backfill_policy=dg.BackfillPolicy.single_run(),
    pool=WAREHOUSE_POOL,
)
def reports(context: dg.AssetExecutionContext, dbt: DbtProjectRunner) -> Iterator[DbtEvent]:
    """Build the reporting tables of the asked sessions."""
    yield from dbt.build(context, session_range(context.partition_keys))
