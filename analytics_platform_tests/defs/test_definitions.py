"""The Dagster location as a whole: complete, described, and cheap to load."""

import json
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest
import yaml
from dagster._core.definitions.assets.graph.asset_graph import AssetGraph
from dagster._core.definitions.partitions.context import partition_loading_context
from dagster_dbt.asset_utils import get_asset_check_key_for_test

from analytics_platform.calendars.sessions import calendar
from analytics_platform.definitions import defs
from analytics_platform.defs.dbt import StageTranslator, manifest_path
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.partitions import BUSINESS_DAYS
from analytics_platform.settings import settings
from analytics_platform.tables.registry import DELIVERED

NOT_MATERIALIZED_BY_A_STEP = {dg.AssetKey(["lake", "deliveries"])}


@pytest.fixture(scope="module")
def graph() -> AssetGraph:
    return defs().resolve_asset_graph()


def test_the_location_can_be_loaded(graph: AssetGraph) -> None:
    dg.Definitions.validate_loadable(defs())
    assert len(list(graph.get_all_asset_keys())) > 60


def test_every_delivered_table_is_an_asset(graph: AssetGraph) -> None:
    assert {dg.AssetKey(["lake", name]) for name in DELIVERED} <= set(graph.get_all_asset_keys())


def test_every_asset_says_what_it_is_and_who_answers_for_it(graph: AssetGraph) -> None:
    silent = {
        key.to_user_string(): node
        for key in graph.get_all_asset_keys()
        if not (
            (node := graph.get(key)).description
            and node.owners
            and node.kinds
            and node.group_name
            and node.group_name != "default"
        )
    }
    assert silent == {}


def test_every_asset_has_a_freshness_policy(graph: AssetGraph) -> None:
    nodes = [graph.get(key) for key in graph.get_all_asset_keys()]
    assert [node.key for node in nodes if node.freshness_policy is None] == []


def test_every_asset_has_a_check(graph: AssetGraph) -> None:
    unchecked = {key for key in graph.get_all_asset_keys() if not graph.get(key).check_keys}
    assert unchecked - NOT_MATERIALIZED_BY_A_STEP == set()


def test_every_partitioned_asset_takes_a_range_in_one_run(graph: AssetGraph) -> None:
    partitioned = [graph.get(key) for key in graph.get_all_asset_keys() if graph.get(key).is_partitioned]
    assert len(partitioned) >= 15
    assert {node.backfill_policy for node in partitioned} == {dg.BackfillPolicy.single_run()}
    assert {node.partitions_def for node in partitioned} == {BUSINESS_DAYS}


def test_partitions_are_the_sessions_of_the_calendar() -> None:
    sessions = calendar("XNYS").sessions(settings().first_session, calendar("XNYS").last_date)
    keys = BUSINESS_DAYS.get_partition_keys()
    assert keys == [day.isoformat() for day in sessions[: len(keys)]]


@pytest.mark.parametrize(
    "close",
    [
        pytest.param(datetime(2013, 3, 1, 23, 30, tzinfo=UTC), id="winter, half past six in New York"),
        pytest.param(datetime(2013, 7, 1, 22, 30, tzinfo=UTC), id="summer, half past six in New York"),
    ],
)
def test_the_partition_of_the_day_exists_when_the_schedule_asks_for_it(close: datetime) -> None:
    with partition_loading_context(effective_dt=close):
        assert BUSINESS_DAYS.get_last_partition_key() == close.date().isoformat()
    with partition_loading_context(effective_dt=close.replace(hour=14)):
        assert BUSINESS_DAYS.get_last_partition_key() != close.date().isoformat()


def test_every_dbt_data_test_is_an_asset_check(graph: AssetGraph) -> None:
    manifest = json.loads(manifest_path().read_text())
    tests = [name for name, node in manifest["nodes"].items() if node["resource_type"] == "test"]
    keys = {
        name: get_asset_check_key_for_test(manifest, StageTranslator(), name, project=None) for name in tests
    }
    lost = [name for name, key in keys.items() if key is None or key not in graph.asset_check_keys]
    assert lost == []
    assert len(tests) > 30


def test_jobs_sensors_and_schedules_are_there() -> None:
    location = defs()
    assert {job.name for job in location.jobs or []} == {"ingest", "analytics", "end_of_day"}
    assert {sensor.name for sensor in location.sensors or []} == {"landing_zone_sensor", "failed_runs"}
    assert {schedule.name for schedule in location.schedules or []} == {"after_the_close"}


def test_the_shipped_instance_configuration_loads_and_watches_its_runs(tmp_path: Path) -> None:
    instance = prepare_instance(settings().dagster_template, tmp_path)
    assert instance.run_monitoring_enabled
    assert instance.run_retries_enabled
    assert yaml.safe_load((tmp_path / "dagster.yaml").read_text())["telemetry"] == {"enabled": False}
    assert type(instance.event_log_storage).__name__ == "PooledSqliteEventLogStorage"


def test_loading_parses_no_dbt_and_writes_nothing(tmp_path: Path) -> None:
    code = (
        "import sys, os\n"
        "def refuse(event, arguments):\n"
        "    if event in {'socket.connect', 'socket.getaddrinfo', 'subprocess.Popen', 'os.mkdir'}:\n"
        "        raise PermissionError(event)\n"
        "    if event == 'open' and isinstance(arguments[0], str) and arguments[0] != os.devnull:\n"
        "        if arguments[2] & (os.O_WRONLY | os.O_RDWR):\n"
        "            raise PermissionError(arguments[0])\n"
        "sys.addaudithook(refuse)\n"
        "from analytics_platform.definitions import defs\n"
        "defs().resolve_asset_graph()\n"
        "assert 'dbt.cli.main' not in sys.modules, 'dbt was loaded'\n"
    )
    done = subprocess.run(  # noqa: S603 - our own code in a fresh interpreter
        [sys.executable, "-B", "-c", code],
        env={"HOME": str(tmp_path), "PATH": ""},
        capture_output=True,
        text=True,
        check=False,
        cwd=tmp_path,
    )
    assert done.returncode == 0, done.stderr
    assert list(tmp_path.iterdir()) == []
