"""A tick that is killed at any point loses nothing, and the next one does nothing twice."""

import signal
from collections.abc import Iterable
from multiprocessing import get_context

import pytest
from _pytest.mark import ParameterSet

from analytics_platform.local_aws.server import environment
from analytics_platform.storage.ledger.ledger import State
from analytics_platform_tests.integration.orchestration import killed_tick
from analytics_platform_tests.integration.orchestration.installed_on_aws import InstalledOnAws
from analytics_platform_tests.integration.orchestration.killed_tick import REQUEST_POINTS, UPLOAD_POINTS

KEYS = ["prices/vendor_2013-02-01.csv", "fx_rates/bank_2013-02-01.csv"]


def _points(points: Iterable[str], quick: str) -> list[ParameterSet]:
    """Return cases: one quick, the others slow."""
    return [pytest.param(each, marks=[] if each == quick else [pytest.mark.slow]) for each in points]


def _kill(at: InstalledOnAws, points: str, queue: str, point: str) -> None:
    processes = get_context("forkserver")
    processes.set_forkserver_preload([killed_tick.__name__])
    told = environment(at.cloud.endpoint, at.cloud.region)
    tick = killed_tick.Tick(at.settings.home, at.settings.landing_url, queue, points, point, told)
    killed = processes.Process(target=killed_tick.evaluate, args=(tick,))
    killed.start()
    killed.join(60)
    assert killed.exitcode == -signal.SIGKILL
    at.show_again(queue)


@pytest.mark.parametrize("point", _points(UPLOAD_POINTS, "after the ledger is told"))
def test_a_killed_landing_sensor_loses_no_upload_and_asks_for_one_run(at: InstalledOnAws, point: str) -> None:
    versions = {(key, at.put(key)) for key in KEYS}
    at.tell_of(*KEYS)
    _kill(at, "uploads", at.uploads, point)
    (request,) = at.landing_tick()
    assert {(e.version.key, e.version.version_id) for e in at.ledger.entries()} == versions
    assert {e.request_key for e in at.ledger.entries()} == {request.run_key}
    assert [len(at.ledger.history(key)) for key in KEYS] == [1, 1]
    assert at.left(at.uploads) == 0
    (again,) = at.landing_tick()
    assert again.run_key == request.run_key, "Dagster starts a run of a key once"


@pytest.mark.parametrize("point", _points(REQUEST_POINTS, "after a task is told"))
def test_a_killed_sensor_of_requests_loses_no_token_and_answers_each(at: InstalledOnAws, point: str) -> None:
    machine = at.machine()
    at.put(KEYS[0])
    upload = at.start(machine, {"kind": "upload", "bucket": at.bucket, "key": f"landing/{KEYS[0]}"})
    invalid = at.start(machine, {"kind": "upload", "bucket": "other", "key": KEYS[0]})
    _kill(at, "requests", at.requests, point)
    at.request_tick()
    assert invalid.ended()[0] == "Request.Invalid"
    (token,) = at.store.open()
    assert (token.execution, token.key) == (upload.arn, KEYS[0])
    assert [entry.state for entry in at.ledger.entries()] == [State.SEEN]
    at.finish(KEYS[0], State.QUARANTINED, "run", "no header")
    at.request_tick()
    assert upload.ended() == ("Delivery.Refused", f"{KEYS[0]} is in quarantine: no header")
    assert at.store.open() == []
    assert (at.left(at.requests), at.left(at.dead_requests)) == (0, 0)
