"""The button: a request over HTTP becomes exactly one run of a real Dagster, whatever breaks in between."""

import signal
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
import sqlalchemy as sa
import urllib3

from analytics_platform.storage.ledger.request_store import UNCERTAIN
from analytics_platform_tests.integration.dagster_server import (
    Api,
    Dagster,
    ask,
    between,
    running_dagster,
)

QUICK = "lake/trading_sessions"


@pytest.fixture(scope="module")
def dagster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Dagster]:
    with running_dagster(tmp_path_factory.mktemp("button")) as running:
        yield running


@pytest.fixture(scope="module")
def api(dagster: Dagster) -> Iterator[Api]:
    with dagster.api() as serving:
        yield serving


def test_the_button_starts_one_run_and_tells_how_it_ends(dagster: Dagster, api: Api) -> None:
    asked = api.materialize("close", QUICK, "lake/curve_quotes")
    told = asked.json()
    assert (asked.status, asked.headers["location"]) == (202, f"/materializations/{told['id']}")
    assert told["watch"] == f"{dagster.url}/runs/{told['run_id']}"
    again = api.materialize("close", QUICK, "lake/curve_quotes")
    assert (again.status, again.json()["id"], again.json()["run_id"]) == (200, told["id"], told["run_id"])
    ended = api.wait_for(told["id"], "success", "failure", "canceled")
    assert (ended["state"], ended["run_id"]) == ("success", told["run_id"])
    assert dagster.runs(told["id"]) == [told["run_id"]]
    late = api.materialize("close", QUICK, "lake/curve_quotes")
    assert (late.status, late.json()["state"]) == (200, "success")
    refused = ask("POST", f"{api.url}/materializations/{told['id']}/cancel")
    assert (refused.status, "has ended as success" in refused.json()["detail"]) == (409, True)


def test_a_run_that_fails_tells_step_and_cause_and_no_path(dagster: Dagster, api: Api) -> None:
    part = api.materialize("fails", "risk/instrument_valuations")
    assert (part.status, "risk/scenario_pnl" in part.json()["detail"]) == (422, True)
    asked = api.materialize("fails", "risk/instrument_valuations", "risk/scenario_pnl").json()
    told = api.wait_for(asked["id"], "success", "failure")
    assert told["state"] == "failure"
    assert told["failed_step"]
    assert told["failure"]
    assert str(dagster.at.settings.home) not in str(told)
    assert "Traceback" not in str(told)
    listed = ask("GET", f"{api.url}/materializations").json()["requests"]
    assert next(each for each in listed if each["id"] == asked["id"]) == told


def test_unknown_names_are_refused_with_the_closest_and_their_key_is_free_again(api: Api) -> None:
    for more, close in (({"assets": ["lake/price"]}, "lake/prices"), ({"job": "analytic"}, "analytics")):
        body = {**more, "session": "2013-03-01"}
        headers = {"Idempotency-Key": "typo"}
        refused = ask("POST", f"{api.url}/materializations", json=body, headers=headers)
        assert (refused.status, close in refused.json()["detail"]) == (404, True)
    future = api.materialize("typo", QUICK, session="2030-03-01")
    assert (future.status, future.json()["field"]) == (422, "session")
    assert "there are partitions from 2003-01-02 to" in future.json()["detail"]


def test_5_at_once_from_2_processes_start_one_run(dagster: Dagster, api: Api) -> None:
    with dagster.api() as other, ThreadPoolExecutor(5) as pool:
        asked = [pool.submit((api, other)[n % 2].materialize, "at-once", QUICK) for n in range(5)]
        answers = [each.result() for each in asked]
    assert sorted(answer.status for answer in answers) == [200, 200, 200, 200, 202]
    (request_id,) = {answer.json()["id"] for answer in answers}
    assert dagster.runs(request_id) == [api.state(request_id)["run_id"]]


@pytest.mark.slow
def test_an_uploaded_file_is_loaded_by_the_button(dagster: Dagster, api: Api) -> None:
    sample = dagster.at.settings.sample_data / "1_first" / "curve_quotes" / "treasury_2013-02-25.csv"
    fields = {"file": (sample.name, sample.read_bytes())}
    sent = ask("POST", f"{api.url}/uploads", fields=fields)
    assert sent.status == 201
    run = api.materialize("load", "lake/curve_quotes", session="2013-02-25").json()
    assert api.wait_for(run["id"], "success", "failure")["state"] == "success"
    told = ask("GET", f"{api.url}{sent.headers['location']}").json()
    assert (told["state"], told["rows_rejected"]) == ("published", 0)
    assert told["rows_accepted"] == told["rows_read"] - told["rows_ignored"] > 0


@pytest.mark.slow
def test_a_run_that_works_is_canceled(api: Api) -> None:
    asked = api.materialize("cancel", job="analytics").json()
    api.wait_for(asked["id"], "started")
    canceled = ask("POST", f"{api.url}/materializations/{asked['id']}/cancel")
    assert canceled.status == 202
    assert api.wait_for(asked["id"], "canceled", "success", "failure")["state"] == "canceled"
    assert ask("POST", f"{api.url}/materializations/{asked['id']}/cancel").json()["state"] == "canceled"


def _kills(
    victim: list[Api], *, at: bytes, passes_on: bool
) -> Callable[[bytes, Callable[[], bytes]], bytes | None]:
    """Return what kills the server that asks for something, before or after Dagster has done it."""

    def happens(question: bytes, pass_on: Callable[[], bytes]) -> bytes | None:
        if at not in question:
            return pass_on()
        if passes_on:
            pass_on()
        victim[0].process.send_signal(signal.SIGKILL)
        victim[0].process.wait()
        return None

    return happens


@pytest.mark.slow
@pytest.mark.parametrize(
    ("at", "passes_on"),
    [(b"query Locations", False), (b"query Partitions", True), (b"mutation Launch", True)],
    ids=["kept, not sent", "about to send", "launched, not written down"],
)
def test_a_server_that_is_killed_leaves_a_request_that_becomes_one_run(
    dagster: Dagster, api: Api, at: bytes, *, passes_on: bool
) -> None:
    victim: list[Api] = []
    key = f"killed {at.decode()}"
    with between(dagster.url, _kills(victim, at=at, passes_on=passes_on)) as url, dagster.api(url) as doomed:
        victim.append(doomed)
        with pytest.raises(urllib3.exceptions.ProtocolError):
            doomed.materialize(key, QUICK)
        assert doomed.process.wait() == -signal.SIGKILL
    kept = ask("GET", f"{api.url}/materializations?limit=1").json()["requests"][0]
    assert kept["run_id"] is None or at == b"mutation Launch"
    again = api.materialize(key, QUICK)
    assert (again.status, again.json()["id"]) == (200, kept["id"])
    assert dagster.runs(kept["id"]) == [again.json()["run_id"]]


@pytest.mark.slow
def test_an_answer_that_is_lost_is_made_up_for_by_looking(dagster: Dagster) -> None:
    def loses(question: bytes, pass_on: Callable[[], bytes]) -> bytes | None:
        answer = pass_on()
        return None if b"mutation Launch" in question else answer

    with between(dagster.url, loses) as url, dagster.api(url) as api:
        asked = api.materialize("lost answer", QUICK)
        assert asked.status == 202
        assert dagster.runs(asked.json()["id"]) == [asked.json()["run_id"]]


@pytest.mark.slow
def test_a_question_that_is_lost_is_put_again_when_no_run_can_come_of_it(dagster: Dagster, api: Api) -> None:
    def loses(question: bytes, pass_on: Callable[[], bytes]) -> bytes | None:
        return None if b"mutation Launch" in question else pass_on()

    with between(dagster.url, loses) as url, dagster.api(url) as doomed:
        lost = doomed.materialize("lost question", QUICK)
        assert (lost.status, "same Idempotency-Key" in lost.json()["detail"]) == (503, True)
    waiting = api.materialize("lost question", QUICK).json()
    assert (waiting["state"], waiting["run_id"]) == ("requested", None)
    assert ask("POST", f"{api.url}/materializations/{waiting['id']}/cancel").status == 409
    engine = sa.create_engine(dagster.at.settings.ledger_url)
    earlier = (UNCERTAIN + timedelta(seconds=1)).total_seconds()
    with engine.begin() as connection:
        moved = "strftime('%Y-%m-%d %H:%M:%f', sent_at, :earlier)"
        connection.execute(
            sa.text(f"update materialization_requests set sent_at = {moved} where id = :id"),  # noqa: S608 - ours
            {"earlier": f"-{earlier} seconds", "id": waiting["id"]},
        )
    engine.dispose()
    sent = api.materialize("lost question", QUICK).json()
    assert (sent["id"], dagster.runs(waiting["id"])) == (waiting["id"], [sent["run_id"]])
