"""Runs whose process died, and what they had taken."""

import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus

from analytics_platform.defs.ingestion.recovery import release_lost_runs
from analytics_platform.defs.instance import (
    PROCESS_TAG,
    fail_dead_runs,
    free_pool_slots,
    prepare_instance,
    process_tag,
)
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.settings import settings
from analytics_platform.storage.histories.leases import run_name
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger, State


@dg.job
def nothing() -> None:
    """Do nothing."""


@pytest.fixture
def instance(tmp_path: Path) -> dg.DagsterInstance:
    return prepare_instance(settings().dagster_template, tmp_path / "dagster")


def _tag_of_a_dead_process() -> str:
    code = "from analytics_platform.defs.instance import process_tag; print(process_tag())"
    return subprocess.run(  # noqa: S603 - our own code
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.strip()


def _run(instance: dg.DagsterInstance, tag: str) -> str:
    run = instance.create_run_for_job(nothing, tags={PROCESS_TAG: tag}, status=DagsterRunStatus.STARTED)
    return run.run_id


def test_a_run_of_a_dead_process_is_failed(instance: dg.DagsterInstance) -> None:
    dead = _run(instance, _tag_of_a_dead_process())
    alive = _run(instance, process_tag())
    elsewhere = _run(instance, "another-host:1:1")
    assert fail_dead_runs(instance) == [dead]
    status = {run.run_id: run.status for run in instance.get_runs()}
    assert status == {
        dead: DagsterRunStatus.FAILURE,
        alive: DagsterRunStatus.STARTED,
        elsewhere: DagsterRunStatus.STARTED,
    }


def test_a_process_id_that_was_given_again_is_another_process(instance: dg.DagsterInstance) -> None:
    host, number, started = process_tag().split(":")
    run = _run(instance, f"{host}:{number}:{int(started) - 1}")
    assert fail_dead_runs(instance) == [run]


def test_what_lost_runs_took_is_given_back(instance: dg.DagsterInstance, tmp_path: Path) -> None:
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    names = [f"prices/vendor_2013-02-{day}.csv" for day in (21, 22, 26, 27, 28)]
    versions = [ObjectVersion(datetime(2013, 3, 1, tzinfo=UTC), name, "v", 1) for name in names]
    workers = [run_name("prices", time.time() + seconds, 0) for seconds in (60, -60)]
    owners = [*workers, _run(instance, process_tag()), _run(instance, _tag_of_a_dead_process()), "unknown"]
    for version, owner in zip(versions, owners, strict=True):
        ledger.observe(version, parse_file_name(version.key))
        ledger.claim(version, owner)
    fail_dead_runs(instance)
    assert release_lost_runs(instance, ledger) == 3
    states = {entry.version.key: entry.state for entry in ledger.entries()}
    kept = [State.LAUNCHED, State.SEEN, State.LAUNCHED, State.SEEN, State.SEEN]
    assert states == dict(zip(names, kept, strict=True))


def test_pool_slots_of_killed_runs_are_freed(instance: dg.DagsterInstance) -> None:
    storage = instance.event_log_storage
    storage.set_concurrency_slots("warehouse", 1)
    holder, waiting = (_run(instance, _tag_of_a_dead_process()) for _ in range(2))
    assert storage.claim_concurrency_slot("warehouse", holder, "sql_views").is_claimed
    assert not storage.claim_concurrency_slot("warehouse", waiting, "sql_views").is_claimed
    assert sorted(fail_dead_runs(instance)) == sorted([holder, waiting])
    assert free_pool_slots(instance) == sorted([holder, waiting])
    alive = _run(instance, process_tag())
    assert storage.claim_concurrency_slot("warehouse", alive, "sql_views").is_claimed
    assert free_pool_slots(instance) == []
