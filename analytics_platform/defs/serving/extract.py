"""Publishing what readers see."""

from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import partial
from importlib.metadata import version

import dagster as dg
import polars as pl

from analytics_platform.defs.dbt import WAREHOUSE_POOL
from analytics_platform.defs.io_managers import SOURCE
from analytics_platform.defs.partitions import CALENDAR
from analytics_platform.defs.resources import FolderResource, IntakeResource, LakeResource, WarehouseResource
from analytics_platform.defs.serving.session_checks import SPECS, chain_check, history_check
from analytics_platform.risk.version import MODEL_VERSION
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.ledger.ledger import Entry, State
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.tables.contract import Table
from analytics_platform.tables.risk import (
    INSTRUMENT_VALUATIONS,
    RISK_CONTRIBUTIONS,
    RISK_METRICS,
    RUN_MANIFESTS,
    STRESS_RESULTS,
)
from analytics_platform.tables.risk_analysis import (
    FACTOR_BETAS,
    KEY_RATE_DURATIONS,
    PERFORMANCE_STATISTICS,
    PNL_EXPLAINS,
    VAR_BACKTEST_DAYS,
    VAR_BACKTESTS,
    VAR_CHANGES,
)

CHECK = "nothing_is_empty"

EXTRACTS = {
    "portfolio_risk": "reporting.rpt_portfolio_risk",
    "positions": "reporting.rpt_positions",
    "position_values": "marts.fct_position_values",
    "position_pnl": "marts.fct_position_pnl",
    "returns": "marts.fct_portfolio_returns",
    "exposures": "marts.fct_exposures",
    "average_daily_returns": "marts.fct_average_daily_returns",
    "most_valuable_days": "marts.fct_most_valuable_days",
    "most_valuable_stocks": "marts.fct_most_valuable_stocks",
    "stock_volatilities": "marts.fct_stock_volatilities",
    "best_return_windows": "marts.fct_best_return_windows",
    "reconciliation_breaks": "marts.fct_reconciliation_breaks",
    "period_returns": "marts.fct_period_returns",
    "contributions": "marts.fct_contributions",
    "period_contributions": "marts.fct_period_contributions",
    "attribution": "marts.fct_attribution",
    "period_attribution": "marts.fct_period_attribution",
    "cash_flow_ladder": "marts.fct_cash_flow_ladder",
    "liquidity": "marts.fct_liquidity",
    "data_quality_findings": "marts.fct_data_quality_findings",
    "delta_exposures": "reporting.rpt_delta_exposures",
    "limit_utilisation": "reporting.rpt_limit_utilisation",
}
"""Published table, and the relation that it is taken from."""

MAY_BE_EMPTY = {
    *(
        "reconciliation_breaks",
        "data_quality_findings",
        "cash_flow_ladder",
        "attribution",
        "period_attribution",
    ),
    *("limit_utilisation", "var_backtests", "var_backtest_days", "factor_betas", "key_rate_durations"),
}
"""A break over tolerance has failed the run before it comes here; none at all is what one hopes for."""

RESULTS = {"stress": STRESS_RESULTS, "risk_metrics": RISK_METRICS} | {
    table.name: table
    for table in (
        *(INSTRUMENT_VALUATIONS, RISK_CONTRIBUTIONS, VAR_CHANGES, PNL_EXPLAINS, KEY_RATE_DURATIONS),
        *(VAR_BACKTEST_DAYS, VAR_BACKTESTS, PERFORMANCE_STATISTICS, FACTOR_BETAS),
    )
}
"""Published table, and the lake table whose current rows it holds: without lineage, so that a second run
over the same deliveries publishes the same objects. Which run computed a session stands in `runs`."""


@dg.asset(
    key_prefix="serving",
    group_name="serving",
    pool=WAREHOUSE_POOL,
    kinds={"python", "parquet"},
    owners=["team:platform"],
    deps=[
        *(relation.split(".") for relation in EXTRACTS.values()),
        *(["risk", table.name] for table in RESULTS.values()),
    ],
    code_version="3",
    check_specs=[
        dg.AssetCheckSpec(CHECK, asset=["serving", "extract"], description="No published table is empty"),
        *SPECS,
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
    stored = lake.open()
    found_runs = runs(stored)
    deliveries = stored.deliveries().filter(pl.col("source") != SOURCE)
    refused = rejections(intake.intake.ledger.entries(states=[State.QUARANTINED, State.LOADED]))
    tables = _Current(
        {name: partial(reader.read, relation) for name, relation in EXTRACTS.items()}
        | {name: partial(_current_rows, stored, table) for name, table in RESULTS.items()}
        | {"runs": lambda: found_runs, "deliveries": lambda: deliveries, "rejections": lambda: refused}
    )
    record = context.instance.get_run_record_by_id(context.run_id)
    started = record.create_timestamp if record else datetime.now(UTC)
    published = ServingStore(serving.path).publish(
        tables,
        run_id=context.run_id,
        known_at=max(started, *deliveries["known_at"]) if deliveries.height else started,
        code_version=f"{version('analytics-platform')}/{MODEL_VERSION}",
    )
    heights = {name: sum(part.rows for part in parts) for name, parts in published.tables.items()}
    empty = [name for name in {*EXTRACTS, *RESULTS} - MAY_BE_EMPTY if not heights[name]]
    yield dg.MaterializeResult(
        metadata={"version": published.name, **heights},
        check_results=[
            dg.AssetCheckResult(
                check_name=CHECK,
                passed=not empty,
                severity=dg.AssetCheckSeverity.WARN,
                metadata={"empty": ", ".join(sorted(empty)) or "none"},
            ),
            chain_check(tables, CALENDAR),
            history_check(found_runs, deliveries, CALENDAR),
        ],
    )


class _Current(Mapping[str, pl.DataFrame]):
    """Tables that are read when they are asked for: ten years of all of them at once fill a small machine."""

    def __init__(self, reads: Mapping[str, Callable[[], pl.DataFrame]]) -> None:
        self._reads = reads

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self._reads[name]()

    def __iter__(self) -> Iterator[str]:
        return iter(self._reads)

    def __len__(self) -> int:
        return len(self._reads)


def _current_rows(lake: Lake, table: Table) -> pl.DataFrame:
    return lake.read(table).select(table.columns.names())


def runs(lake: Lake) -> pl.DataFrame:
    """Return, for each session, the run whose risk results are current, and what it rested on."""
    sessions = lake.read(RISK_METRICS).select("business_date", run_id="delivery_id", known_at="known_at")
    manifests = lake.read(RUN_MANIFESTS).select(
        "run_id", "code_version", "config_sha256", "inputs_sha256", "n_input_deliveries", "n_scenarios"
    )
    return sessions.unique().join(manifests, on="run_id", how="left")


def rejections(entries: list[Entry]) -> pl.DataFrame:
    """Return the files that were refused, whole or some of their rows, with the message to the sender."""
    return pl.DataFrame(
        [
            {
                "key": entry.version.key,
                "version_id": entry.version.version_id,
                "state": str(entry.state),
                "message": entry.message
                or f"loaded without {entry.rows_rejected} of {entry.rows_read} rows; quarantine holds them",
            }
            for entry in entries
            if entry.state == State.QUARANTINED or entry.rows_rejected
        ],
        schema={"key": pl.String, "version_id": pl.String, "state": pl.String, "message": pl.String},
    )
