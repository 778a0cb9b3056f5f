"""The check that every table written by Python carries: it is what its contract says."""

import dagster as dg
import polars as pl

from analytics_platform.tables.contract import Table

CONFORMS = "conforms_to_contract"


def conformity_spec(table: Table, stage: str) -> dg.AssetCheckSpec:
    """Return the check of a table; a failure keeps everything below from running."""
    return dg.AssetCheckSpec(
        CONFORMS,
        asset=[stage, table.name],
        description=f"Columns, types, key and ranges are those of `{table.name}`: {table.grain.lower()}",
        blocking=True,
    )


def conformity(table: Table, stage: str, rows: pl.DataFrame) -> dg.AssetCheckResult:
    """Compare rows with the contract of their table; the metadata names each broken rule."""
    _, failure = table.schema.filter(rows)
    counts = failure.counts()
    return dg.AssetCheckResult(
        check_name=CONFORMS,
        asset_key=[stage, table.name],
        passed=not counts,
        severity=dg.AssetCheckSeverity.ERROR,
        metadata={"rows": rows.height, **{f"broken: {rule}": count for rule, count in counts.items()}},
    )
