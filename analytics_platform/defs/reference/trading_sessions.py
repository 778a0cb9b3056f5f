"""The trading sessions as a table, so that SQL counts days as the calendar does."""

from collections.abc import Iterator
from datetime import UTC, date, datetime

import dagster as dg
import polars as pl

from analytics_platform.calendars.sessions import Calendar, trading_sessions_frame
from analytics_platform.defs.checks import conformity, conformity_spec
from analytics_platform.defs.partitions import CALENDAR
from analytics_platform.defs.reference import session_checks
from analytics_platform.defs.resources import FolderResource, LakeResource
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.tables.holdings import POSITIONS
from analytics_platform.tables.platform import TRADING_SESSIONS
from analytics_platform.tables.risk import RISK_METRICS

PUBLISHED = "portfolio_risk"
"""The published table whose days are those that readers see."""

COMPUTED = dg.AssetKey(["risk", RISK_METRICS.name])
"""The asset whose partitions tell which days were computed."""


@dg.asset(
    key_prefix="lake",
    group_name="reference",
    kinds={"python", "parquet"},
    owners=["team:platform"],
    io_manager_key="lake_io",
    code_version="1",
    check_specs=[conformity_spec(TRADING_SESSIONS, "lake"), *session_checks.SPECS],
)
def trading_sessions(
    context: dg.AssetExecutionContext, lake: LakeResource, serving: FolderResource
) -> Iterator[dg.MaterializeResult[pl.DataFrame]]:
    """One row per exchange calendar and session, with the session before it."""
    rows = trading_sessions_frame(CALENDAR)
    used = days_in_use(CALENDAR, lake.open(), ServingStore(serving.path))
    computed = computed_days(context.instance)
    yield dg.MaterializeResult(
        value=rows,
        check_results=[
            conformity(TRADING_SESSIONS, "lake", rows),
            session_checks.days_are_sessions(CALENDAR, used, computed),
            session_checks.calendar_reaches(CALENDAR, datetime.now(UTC).date()),
        ],
    )


def days_in_use(of: Calendar, lake: Lake, store: ServingStore) -> dict[str, list[date]]:
    """Return the days that are taken for sessions, by who has them."""
    used = {"positions": _days(lake.read(POSITIONS, columns=["business_date"]))}
    if store.version() is not None:
        used[session_checks.PUBLISHED] = _days(store.read(PUBLISHED))
    return {who: [day for day in days if of.first_date <= day <= of.last_date] for who, days in used.items()}


def computed_days(instance: dg.DagsterInstance) -> list[date]:
    """Return the days that runs have computed, also those that have no partition any more."""
    return sorted(date.fromisoformat(key) for key in instance.get_materialized_partitions(COMPUTED))


def _days(rows: pl.DataFrame) -> list[date]:
    return rows["business_date"].unique().sort().to_list()
