"""The calendar against what was computed: a holiday that comes late, a session that nobody computed."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import dagster as dg
import polars as pl
import pytest

from analytics_platform.calendars.sessions import Calendar, calendar
from analytics_platform.defs.io_managers import LakeIOManager
from analytics_platform.defs.partitions import BUSINESS_DAYS
from analytics_platform.defs.reference import session_checks
from analytics_platform.defs.reference.trading_sessions import (
    COMPUTED,
    PUBLISHED,
    computed_days,
    days_in_use,
    trading_sessions,
)
from analytics_platform.defs.resources import FolderResource, LakeResource
from analytics_platform.storage.lake.lake import Delivery, DiskLake
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.tables.holdings import POSITIONS
from analytics_platform_tests.unit.storage.lake_reference import put

XNYS = calendar("XNYS")
DAYS = XNYS.sessions(date(2013, 2, 19), date(2013, 2, 25))
CLOSED = date(2013, 2, 21)
"""A Thursday, taken for a session by all; the copy of the calendar learns later that it was none."""


def _position(day: date) -> dict[str, object]:
    texts = {"portfolio_id": "BOOK", "instrument_id": "EQ_A", "book": "ibor"}
    return {"business_date": day, "quantity": 1, **texts}


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Folder of a lake and of a published extract that both have five sessions."""
    delivery = Delivery("a", "custodian", DAYS[0], DAYS[-1], datetime(2013, 2, 26, tzinfo=UTC))
    put(DiskLake(tmp_path / "lake"), POSITIONS, delivery, [_position(day) for day in DAYS])
    _publish(tmp_path, DAYS)
    return tmp_path


def _publish(home: Path, days: list[date]) -> None:
    ServingStore(home / "serving").publish(
        {PUBLISHED: pl.DataFrame({"business_date": days})},
        run_id="run",
        known_at=datetime(2013, 2, 26, tzinfo=UTC),
        code_version="1",
    )


@pytest.fixture
def instance() -> Iterator[dg.DagsterInstance]:
    with dg.DagsterInstance.ephemeral() as made:
        for day in DAYS:
            made.report_runless_asset_event(dg.AssetMaterialization(COMPUTED, partition=day.isoformat()))
        yield made


def _check(home: Path, instance: dg.DagsterInstance, of: Calendar) -> dg.AssetCheckResult:
    used = days_in_use(of, DiskLake(home / "lake"), ServingStore(home / "serving"))
    return session_checks.days_are_sessions(of, used, computed_days(instance))


def _text(result: dg.AssetCheckResult, key: str) -> str:
    return str(result.metadata[key].value)


def test_days_that_all_are_sessions_pass(home: Path, instance: dg.DagsterInstance) -> None:
    result = _check(home, instance, XNYS)
    assert result.passed
    assert _text(result, "days") == "none"


def test_a_holiday_that_is_added_after_the_fact_is_found(home: Path, instance: dg.DagsterInstance) -> None:
    learned = replace(XNYS, holidays=XNYS.holidays | {CLOSED})
    result = _check(home, instance, learned)
    assert not result.passed
    assert result.severity == dg.AssetCheckSeverity.ERROR
    assert _text(result, "days") == "- 2013-02-21 (holiday), still in: positions, published extract"
    assert "analytics backfill --from 2013-02-20 --to 2013-02-25" in _text(result, "cure")
    assert _text(result, "former sessions with a partition") == "2013-02-21 (holiday)"
    assert "2013-02-21" in (result.description or "")


def test_the_cure_cures(home: Path, instance: dg.DagsterInstance) -> None:
    learned = replace(XNYS, holidays=XNYS.holidays | {CLOSED})
    _publish(home, [day for day in DAYS if day != CLOSED])
    result = _check(home, instance, learned)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert _text(result, "days") == "- 2013-02-21 (holiday), still in: positions"
    empty = Delivery("b", "custodian", CLOSED, CLOSED, datetime(2013, 2, 27, tzinfo=UTC))
    put(DiskLake(home / "lake"), POSITIONS, empty, [])
    assert _check(home, instance, learned).passed


def test_a_session_that_nobody_has_computed_is_found(home: Path, instance: dg.DagsterInstance) -> None:
    thought_closed = date(2013, 2, 18)
    for day in (date(2013, 2, 14), date(2013, 2, 15)):
        instance.report_runless_asset_event(dg.AssetMaterialization(COMPUTED, partition=day.isoformat()))
    learned = replace(XNYS, holidays=XNYS.holidays - {thought_closed})
    assert _check(home, instance, XNYS).passed
    result = _check(home, instance, learned)
    assert (result.passed, result.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert _text(result, "days") == "- 2013-02-18: a session that was never computed"
    assert _text(result, "cure") == "never computed: `analytics backfill --from 2013-02-18 --to 2013-02-18`"


def test_a_calendar_that_ends_soon_is_told() -> None:
    enough = session_checks.calendar_reaches(XNYS, XNYS.last_date - timedelta(days=90))
    short = session_checks.calendar_reaches(XNYS, XNYS.last_date - timedelta(days=89))
    assert (enough.passed, short.passed) == (True, False)
    assert short.severity == dg.AssetCheckSeverity.WARN
    assert "known until 2035-12-31, 89 days" in (short.description or "")


def test_the_asset_tells_what_the_checks_found(home: Path, instance: dg.DagsterInstance) -> None:
    key = dg.AssetKey(COMPUTED.path)
    instance.report_runless_asset_event(dg.AssetMaterialization(key, partition="2013-02-18"))
    _publish(home, [date(2013, 2, 18), *DAYS])
    result = dg.materialize(
        [trading_sessions],
        instance=instance,
        resources={
            "lake": LakeResource(root=str(home / "lake")),
            "lake_io": LakeIOManager(root=str(home / "lake")),
            "serving": FolderResource(root=str(home / "serving")),
        },
    )
    assert result.success
    found = {each.check_name: each for each in result.get_asset_check_evaluations()}
    assert not found[session_checks.KEPT].passed
    assert "2013-02-18 (holiday), still in: published extract" in str(
        found[session_checks.KEPT].metadata["days"].value
    )
    assert found[session_checks.REACHES].passed
    assert date(2013, 2, 18).isoformat() not in BUSINESS_DAYS.get_partition_keys()
