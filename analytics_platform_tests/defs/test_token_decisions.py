"""What a waiting task is told, for every state of its file and its run."""

from dataclasses import replace
from datetime import UTC, date, datetime

import pytest

from analytics_platform.defs.triggers.decisions import (
    AskForRun,
    Decision,
    Fail,
    GoOn,
    RunEnd,
    RunSeen,
    Succeed,
    decision,
)
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.ledger import Entry, State
from analytics_platform.storage.ledger.task_tokens import TaskToken

NINE = datetime(2013, 3, 1, 9, tzinfo=UTC)
DAY = date(2013, 3, 1)
RUN = TaskToken(
    "t", "e", "a", '{"first_session": "2013-03-01", "last_session": "2013-03-04"}', NINE, run_key="k"
)
FILE = TaskToken("t", "e", "a", "{}", NINE, key="prices/vendor_2013-03-01.csv", version_id="v")


def _entry(state: State, requests: int = 1, recompute_from: date | None = None) -> Entry:
    return Entry(
        version=ObjectVersion(NINE, "prices/vendor_2013-03-01.csv", "v", 1),
        dataset="prices",
        source="vendor",
        first_date=DAY,
        last_date=DAY,
        sha256="s",
        state=state,
        attempts=1,
        rows_read=3,
        rows_accepted=2,
        rows_rejected=1,
        rows_ignored=0,
        run_id="r",
        message="no column close_local",
        changed_at=NINE,
        requests=requests,
        recompute_from=recompute_from,
    )


def _run(end: RunEnd, job: str = "end_of_day") -> RunSeen:
    return RunSeen("r", job, end)


def _name(found: Decision) -> str:
    return found.error if isinstance(found, Fail) else type(found).__name__


@pytest.mark.parametrize(
    ("run", "asked", "told"),
    [
        pytest.param(None, 0, "AskForRun", id="not asked"),
        pytest.param(None, 4, "AskForRun", id="lost"),
        pytest.param(None, 5, "Dagster.RunFailed", id="lost for good"),
        pytest.param(_run(RunEnd.ALIVE), 1, "GoOn", id="alive"),
        pytest.param(_run(RunEnd.ALIVE), 5, "GoOn", id="alive at last"),
        pytest.param(_run(RunEnd.SUCCESS), 1, "Succeed", id="success"),
        pytest.param(_run(RunEnd.FAILURE), 1, "Dagster.RunFailed", id="failure"),
        pytest.param(_run(RunEnd.CANCELED), 1, "Dagster.RunCanceled", id="canceled"),
    ],
)
def test_a_task_that_waits_for_a_run_is_told_how_it_stands(
    run: RunSeen | None, asked: int, told: str
) -> None:
    assert _name(decision(replace(RUN, asked=asked), None, run, 3)) == told


@pytest.mark.parametrize(
    ("entry", "run", "told"),
    [
        pytest.param(_entry(State.SEEN, 0), None, "GoOn", id="seen"),
        pytest.param(_entry(State.SEEN), _run(RunEnd.ALIVE), "GoOn", id="a run comes"),
        pytest.param(_entry(State.SEEN), _run(RunEnd.FAILURE), "GoOn", id="another run comes"),
        pytest.param(_entry(State.SEEN, 3), _run(RunEnd.ALIVE), "GoOn", id="the last run comes"),
        pytest.param(_entry(State.SEEN, 3), None, "GoOn", id="the last run is asked for again"),
        pytest.param(_entry(State.SEEN, 3), _run(RunEnd.FAILURE), "Dagster.RunFailed", id="no run comes"),
        pytest.param(_entry(State.SEEN, 3), _run(RunEnd.SUCCESS), "Dagster.RunFailed", id="runs pass it by"),
        pytest.param(_entry(State.SEEN, 3), _run(RunEnd.CANCELED), "Dagster.RunCanceled", id="all canceled"),
        pytest.param(_entry(State.SEEN, 1001), _run(RunEnd.FAILURE), "GoOn", id="let go by a person"),
        pytest.param(_entry(State.LAUNCHED), _run(RunEnd.ALIVE), "GoOn", id="launched"),
        pytest.param(_entry(State.LAUNCHED, 3), _run(RunEnd.FAILURE), "GoOn", id="to be given back"),
        pytest.param(_entry(State.LOADED), _run(RunEnd.ALIVE), "Succeed", id="loaded and computed"),
        pytest.param(_entry(State.LOADED, 1, DAY), _run(RunEnd.ALIVE), "GoOn", id="being computed"),
        pytest.param(_entry(State.LOADED, 1, DAY), None, "GoOn", id="to be computed"),
        pytest.param(_entry(State.LOADED, 1, DAY), _run(RunEnd.SUCCESS), "GoOn", id="to be noted"),
        pytest.param(
            _entry(State.LOADED, 1, DAY),
            _run(RunEnd.FAILURE, "ingest"),
            "GoOn",
            id="to be computed by another",
        ),
        pytest.param(
            _entry(State.LOADED, 1, DAY), _run(RunEnd.FAILURE), "Dagster.RunFailed", id="not computed"
        ),
        pytest.param(
            _entry(State.LOADED, 1, DAY), _run(RunEnd.CANCELED), "Dagster.RunCanceled", id="canceled"
        ),
        pytest.param(_entry(State.DUPLICATE), None, "Succeed", id="duplicate"),
        pytest.param(_entry(State.SUPERSEDED, 1, DAY), None, "Succeed", id="superseded"),
        pytest.param(_entry(State.QUARANTINED), None, "Delivery.Refused", id="quarantined"),
        pytest.param(_entry(State.DISCARDED), None, "Delivery.Refused", id="discarded"),
        pytest.param(None, None, "Request.Invalid", id="unknown"),
    ],
)
def test_a_task_that_waits_for_a_file_is_told_how_it_stands(
    entry: Entry | None, run: RunSeen | None, told: str
) -> None:
    assert _name(decision(FILE, entry, run, 3)) == told


def test_a_refused_request_is_told_why_whatever_else_there_is() -> None:
    refused = replace(RUN, error="Request.Invalid", cause="there is no such job")
    assert decision(refused, None, _run(RunEnd.SUCCESS), 3) == Fail("Request.Invalid", "there is no such job")


def test_outputs_tell_what_machines_go_on_with() -> None:
    assert decision(RUN, None, _run(RunEnd.SUCCESS), 3) == Succeed(
        {"run_id": "r", "status": "SUCCESS", "first_session": "2013-03-01", "last_session": "2013-03-04"}
    )
    assert decision(FILE, _entry(State.LOADED), None, 3) == Succeed(
        {"run_id": "r", "state": "loaded", "rows_accepted": 2, "rows_rejected": 1}
    )
    assert decision(RUN, None, None, 3) == AskForRun()
    assert decision(FILE, _entry(State.SEEN), None, 3) == GoOn()
