"""One asset check a rule of data quality: it passes where the sessions of the run have no finding of it."""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date

import dagster as dg
import polars as pl
from dagster._core.storage.tags import (
    ASSET_PARTITION_RANGE_END_TAG,
    ASSET_PARTITION_RANGE_START_TAG,
    PARTITION_NAME_TAG,
)

from analytics_platform.defs.data_quality.rules import (
    COVERAGE,
    FOUND_BY_SQL,
    VOLATILITY,
    Rule,
    odd_volatilities,
    thin_scenarios,
)
from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.resources import LakeResource, WarehouseResource
from analytics_platform.tables.risk import INSTRUMENT_VALUATIONS, SCENARIO_PNL

FINDINGS = dg.AssetKey(["marts", "fct_data_quality_findings"])
SHOWN = 10
"""Findings that the metadata of a check names."""


def _spec(rule: Rule, asset: dg.AssetKey) -> dg.AssetCheckSpec:
    # Never blocking: a missing value goes on as a row with its reason; what must stop a run does so before.
    return dg.AssetCheckSpec(rule.name, asset=asset, description=rule.looks_for, blocking=False)


@dg.multi_asset_check(
    specs=[_spec(rule, FINDINGS) for rule in FOUND_BY_SQL],
    name="data_quality",
    pool=WAREHOUSE_POOL,
)
def data_quality(
    context: dg.AssetCheckExecutionContext, warehouse: WarehouseResource
) -> Iterator[dg.AssetCheckResult]:
    """Tell what the sessions of the run have of each rule that SQL looks at."""
    found = of_run(warehouse.open().read(".".join(FINDINGS.path)), context.run.tags)
    for rule in FOUND_BY_SQL:
        yield judged(rule, FINDINGS, found.filter(pl.col("check_name") == rule.name))


@dg.multi_asset_check(
    specs=[_spec(VOLATILITY, dg.AssetKey(["risk", INSTRUMENT_VALUATIONS.name]))], name="volatility_quality"
)
def volatility_quality(
    context: dg.AssetCheckExecutionContext, lake: LakeResource
) -> Iterator[dg.AssetCheckResult]:
    """Tell which options of the run have a volatility that nobody believes."""
    columns = ["business_date", "instrument_id", "implied_volatility"]
    rows = of_run(lake.open().read(INSTRUMENT_VALUATIONS, columns=columns), context.run.tags)
    yield judged(VOLATILITY, dg.AssetKey(["risk", INSTRUMENT_VALUATIONS.name]), odd_volatilities(rows))


@dg.multi_asset_check(
    specs=[_spec(COVERAGE, dg.AssetKey(["risk", SCENARIO_PNL.name]))], name="scenario_quality"
)
def scenario_quality(
    context: dg.AssetCheckExecutionContext, lake: LakeResource
) -> Iterator[dg.AssetCheckResult]:
    """Tell in which sessions of the run too little of what is held has scenarios."""
    columns = ["business_date", "instrument_id", "status"]
    rows = of_run(lake.open().read(SCENARIO_PNL, columns=columns), context.run.tags)
    yield judged(COVERAGE, dg.AssetKey(["risk", SCENARIO_PNL.name]), thin_scenarios(rows))


def of_run(rows: pl.DataFrame, tags: Mapping[str, str]) -> pl.DataFrame:
    """Return the rows of the sessions that a run is about; all of them for a run without partitions.

    Examples
    --------
    >>> rows = pl.DataFrame({"business_date": [date(2013, 1, 3), date(2013, 1, 4)]})
    >>> of_run(rows, {"dagster/partition": "2013-01-04"}).height
    1
    >>> of_run(rows, {}).height
    2
    """
    first = tags.get(ASSET_PARTITION_RANGE_START_TAG, tags.get(PARTITION_NAME_TAG))
    last = tags.get(ASSET_PARTITION_RANGE_END_TAG, tags.get(PARTITION_NAME_TAG))
    if first is None or last is None:
        return rows
    return rows.filter(
        pl.col("business_date").is_between(date.fromisoformat(first), date.fromisoformat(last))
    )


def judged(rule: Rule, asset: dg.AssetKey, found: pl.DataFrame) -> dg.AssetCheckResult:
    """Return what a rule found, and name the newest findings."""
    # A finding knows how bad it is, such as a break within its tolerance; else the rule does.
    told = found["severity"].to_list() if "severity" in found.columns else []
    is_error = "error" in told if told else rule.is_error
    newest = found.sort("business_date", descending=True, maintain_order=True).head(SHOWN)
    return dg.AssetCheckResult(
        check_name=rule.name,
        asset_key=asset,
        passed=found.is_empty(),
        severity=dg.AssetCheckSeverity.ERROR if is_error else dg.AssetCheckSeverity.WARN,
        description=f"{found.height} findings" if found.height else "no finding",
        metadata={"findings": found.height, "first findings": dg.MetadataValue.md(_lines(newest))},
    )


def _lines(found: pl.DataFrame) -> str:
    told: Iterable[tuple[date, str]] = found.select("business_date", "message").iter_rows()
    return "\n".join(f"- {day}: {message}" for day, message in told) or "none"
