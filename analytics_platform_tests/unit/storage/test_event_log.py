"""Dagster's event log with open connections: the same files, the same answers."""

from pathlib import Path

import dagster as dg
import pytest
from dagster._core.storage.event_log import SqliteEventLogStorage

from analytics_platform.storage import event_log
from analytics_platform.storage.event_log import PooledSqliteEventLogStorage

DAYS = dg.DailyPartitionsDefinition("2013-01-01", end_date="2013-01-11")


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    (tmp_path / "dagster.yaml").write_text(
        "telemetry: {enabled: false}\n"
        "event_log_storage:\n"
        "  module: analytics_platform.storage.event_log\n"
        "  class: PooledSqliteEventLogStorage\n"
        f"  config: {{base_dir: '{tmp_path}/history'}}\n"
    )
    return dg.DagsterInstance.from_config(str(tmp_path))


@dg.asset(partitions_def=DAYS, backfill_policy=dg.BackfillPolicy.single_run())
def daily() -> dg.MaterializeResult[None]:
    """One row a day."""
    return dg.MaterializeResult(metadata={"rows": 1})


def _materialize(instance: dg.DagsterInstance) -> dg.ExecuteInProcessResult:
    tags = {
        "dagster/asset_partition_range_start": "2013-01-01",
        "dagster/asset_partition_range_end": "2013-01-10",
    }
    return dg.materialize([daily], instance=instance, tags=tags)


def test_every_partition_of_a_range_run_is_recorded(instance: dg.DagsterInstance) -> None:
    assert isinstance(instance.event_log_storage, PooledSqliteEventLogStorage)
    _materialize(instance)
    assert len(instance.get_materialized_partitions(daily.key)) == 10


def test_dagsters_own_class_reads_the_same_files(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    result = _materialize(instance)
    own = SqliteEventLogStorage(str(tmp_path / "history"))
    stored = [record.event_log_entry.message for record in own.get_records_for_run(result.run_id).records]
    ours = instance.event_log_storage.get_records_for_run(result.run_id).records
    assert stored == [record.event_log_entry.message for record in ours]
    assert len(stored) > 20


def test_only_the_databases_used_last_stay_open(
    instance: dg.DagsterInstance, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(event_log, "OPEN_DATABASES", 2)
    for _ in range(4):
        _materialize(instance)
    storage = instance.event_log_storage
    assert isinstance(storage, PooledSqliteEventLogStorage)
    assert len(storage._engines) == 2  # noqa: SLF001 - what is open cannot be seen from outside
    assert len(instance.get_runs()) == 4


def test_the_time_spent_on_bookkeeping_is_counted(instance: dg.DagsterInstance) -> None:
    before = PooledSqliteEventLogStorage.seconds_spent
    _materialize(instance)
    assert PooledSqliteEventLogStorage.seconds_spent > before
