"""Publishing what readers see."""

from collections.abc import Iterator

import dagster as dg
import polars as pl

from analytics_platform.defs.resources import FolderResource, IntakeResource, LakeResource, WarehouseResource
from analytics_platform.storage.ledger import Entry, State
from analytics_platform.storage.serving import ServingStore
from analytics_platform.tables.risk import RISK_METRICS, STRESS_RESULTS

CHECK = "nothing_is_empty"

EXTRACTS = {
    "portfolio_risk": "reporting.rpt_portfolio_risk",
    "positions": "reporting.rpt_positions",
    "returns": "marts.fct_portfolio_returns",
    "exposures": "marts.fct_exposures",
    "average_daily_returns": "marts.fct_average_daily_returns",
    "most_valuable_days": "marts.fct_most_valuable_days",
    "most_valuable_stocks": "marts.fct_most_valuable_stocks",
    "stock_volatilities": "marts.fct_stock_volatilities",
    "best_return_windows": "marts.fct_best_return_windows",
}
"""Published table, and the relation that it is taken from."""

RESULTS = {"stress": STRESS_RESULTS, "risk_metrics": RISK_METRICS}
"""Published table, and the lake table whose current rows it holds."""


@dg.asset(
    key_prefix="serving",
    group_name="serving",
    kinds={"python", "parquet"},
    owners=["team:platform"],
    deps=[
        ["reporting", "rpt_portfolio_risk"],
        ["reporting", "rpt_positions"],
        ["marts", "fct_portfolio_returns"],
        ["marts", "fct_exposures"],
        ["marts", "fct_average_daily_returns"],
        ["marts", "fct_most_valuable_days"],
        ["marts", "fct_most_valuable_stocks"],
        ["marts", "fct_stock_volatilities"],
        ["marts", "fct_best_return_windows"],
    ],
    code_version="1",
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=["serving", "extract"], description="No published table is empty")
    ],
)
def extract(
    context: dg.AssetExecutionContext,
    warehouse: WarehouseResource,
    lake: LakeResource,
    intake: IntakeResource,
    serving: FolderResource,
) -> Iterator[dg.MaterializeResult[None]]:
    """One version of every published table: what the pages and the API answer from."""
    reader = warehouse.open()
    tables = {name: reader.read(relation) for name, relation in EXTRACTS.items()}
    tables |= {name: lake.open().read(table) for name, table in RESULTS.items()}
    tables["deliveries"] = lake.open().deliveries()
    refused = intake.intake.ledger.entries(states=[State.QUARANTINED])
    tables["rejections"] = rejections(refused)
    record = context.instance.get_run_record_by_id(context.run_id)
    started = record.create_timestamp if record else None
    version = f"{started:%Y%m%dT%H%M%S}_{context.run_id[:8]}" if started else context.run_id
    ServingStore(serving.path).publish(version, tables)
    empty = [name for name in (*EXTRACTS, *RESULTS) if tables[name].is_empty()]
    yield dg.MaterializeResult(
        metadata={"version": version, **{name: table.height for name, table in tables.items()}},
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not empty,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"empty": ", ".join(empty) or "none"},
            )
        ],
    )


def rejections(entries: list[Entry]) -> pl.DataFrame:
    """Return refused files as a table: key, version, state and the message to the sender."""
    return pl.DataFrame(
        [
            {
                "key": entry.version.key,
                "version_id": entry.version.version_id,
                "state": str(entry.state),
                "message": entry.message,
            }
            for entry in entries
        ],
        schema={"key": pl.String, "version_id": pl.String, "state": pl.String, "message": pl.String},
    )
