"""`analytics runs retry` where something else starts runs: the queue gets the retry, with all its tags."""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import dagster as dg
import pytest
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.instance.ref import InstanceRef
from dagster._core.storage.tags import PARENT_RUN_ID_TAG
from rich.console import Console

from analytics_platform.api.actions.asks import MaterializationAsk
from analytics_platform.api.actions.dagster_graphql import DagsterGraphQL
from analytics_platform.api.actions.dagster_runs import DagsterRuns
from analytics_platform.cli.failed_runs import failed_runs
from analytics_platform.cli.runs_retry import RETRIED_BY_TAG, Retries, retry_chosen
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform_tests.integration.dagster_server import Dagster, running_dagster, wait_until

SESSION = date(2013, 3, 1)
OTHER_LAUNCHER = {
    "run_launcher": {
        "module": "dagster._core.launcher.sync_in_memory_run_launcher",
        "class": "SyncInMemoryRunLauncher",
    }
}
"""As on ECS the command sees a launcher that is not of this machine; the daemon has its own."""


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    with running_dagster(tmp_path_factory.mktemp("queue")) as running:
        yield running


def _no_jobs() -> dg.Definitions:
    message = "the run was to go to the queue, not into this process"
    raise AssertionError(message)


@pytest.mark.slow
def test_the_queue_gets_the_retry_with_its_sessions_once(dagster: Dagster, tmp_path: Path) -> None:
    of = Settings(home=dagster.at.settings.home, dagster_url=dagster.url)
    instance = dg.DagsterInstance.from_ref(
        InstanceRef.from_dir(str(of.dagster_home), overrides=OTHER_LAUNCHER)
    )
    runs = DagsterRuns(DagsterGraphQL(dagster.url))
    ask = MaterializationAsk(job=None, assets=("serving/pages",), first_session=SESSION, last_session=SESSION)
    run_id = runs.launch(runs.location(), ask, {"analytics/request": "r1"})

    def status(of_run: str) -> DagsterRunStatus:
        run = instance.get_run_by_id(of_run)
        assert run is not None
        return run.status

    wait_until(lambda: status(run_id) is DagsterRunStatus.FAILURE)  # nothing is published yet
    ledger = Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    retries = Retries(of, instance, ledger, Console(width=200), _no_jobs, whole=False)
    assert retry_chosen(retries, [run_id], every=False, dry_run=False) == 0
    again = Retries(of, instance, ledger, Console(width=200), _no_jobs, whole=False)
    (retry,) = instance.get_runs(RunsFilter(tags={PARENT_RUN_ID_TAG: run_id}))
    if not retry.is_finished:
        assert retry_chosen(again, [run_id], every=False, dry_run=False) == 0
    assert retry.tags[RANGE_START] == retry.tags[RANGE_END] == SESSION.isoformat()
    assert retry.tags["analytics/request"] == "r1"
    assert retry.tags[RETRIED_BY_TAG]
    assert retry.asset_selection == {dg.AssetKey(["serving", "pages"])}
    wait_until(lambda: status(retry.run_id) is DagsterRunStatus.FAILURE)
    assert len(instance.get_runs(RunsFilter(tags={PARENT_RUN_ID_TAG: run_id}))) == 1
    (failed,) = failed_runs(instance, ledger)
    assert (failed.run.run_id, failed.attempts, failed.under_way) == (retry.run_id, 2, None)
