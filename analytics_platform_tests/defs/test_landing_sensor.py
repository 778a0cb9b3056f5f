"""What the sensor asks for: few runs, each file once, the open window recomputed."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import dagster as dg
import pytest

from analytics_platform.calendars.sessions import calendar
from analytics_platform.defs.ingestion.planned_runs import planned_runs
from analytics_platform.defs.ingestion.schedule import request_for
from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.storage.landing.zone import ObjectVersion
from analytics_platform.storage.ledger.ledger import Entry, State

XNYS = calendar("XNYS")
FIRST = date(2003, 1, 2)
LAST = date(2013, 12, 31)
NEWEST = date(2013, 3, 1)


def _entry(key: str, first: date, last: date, attempts: int = 0) -> Entry:
    version = ObjectVersion(datetime(2013, 3, 2, tzinfo=UTC), key, "v1", 1)
    dataset, _, _ = key.partition("/")
    return Entry(
        version=version,
        dataset=dataset,
        source="vendor",
        first_date=first,
        last_date=last,
        sha256=None,
        state=State.SEEN,
        attempts=attempts,
        rows_read=None,
        rows_accepted=None,
        rows_rejected=None,
        rows_ignored=None,
        run_id=None,
        message=None,
        changed_at=version.known_at,
    )


def _request(*owed: Entry, newest: date = NEWEST) -> dg.RunRequest:
    (run,) = planned_runs(owed, XNYS, (FIRST, LAST), [newest])
    assert set(run.entries) == set(owed)
    return run.request


def _requests(owed: Sequence[Entry], books: Sequence[date]) -> list[dg.RunRequest]:
    return [run.request for run in planned_runs(owed, XNYS, (FIRST, LAST), books)]


def _range(request: dg.RunRequest) -> tuple[str, str]:
    return request.tags[RANGE_START], request.tags[RANGE_END]


def test_a_file_of_today_runs_the_whole_chain_for_today() -> None:
    request = _request(_entry("prices/vendor_2013-03-01.csv", NEWEST, NEWEST))
    assert request.job_name == "end_of_day"
    assert _range(request) == ("2013-03-01", "2013-03-01")


def test_a_late_file_recomputes_from_its_date_to_the_newest_session() -> None:
    late = date(2013, 2, 27)
    request = _request(_entry("prices/vendor_2013-02-27.csv", late, late))
    assert request.job_name == "end_of_day"
    assert _range(request) == ("2013-02-27", "2013-03-01")


def test_a_file_before_the_open_window_is_only_loaded() -> None:
    old = date(2013, 2, 1)
    request = _request(_entry("prices/vendor_2013-02-01.csv", old, old))
    assert request.job_name == "ingest"
    assert _range(request) == ("2013-02-01", "2013-02-01")


def test_a_long_history_is_loaded_whole_and_only_the_open_window_recomputed() -> None:
    request = _request(_entry("prices/vendor_2000-03-01_2013-03-01.csv", date(2000, 3, 1), NEWEST))
    assert request.job_name == "end_of_day"
    assert _range(request) == ("2013-02-25", "2013-03-01")


def test_a_file_of_a_weekend_counts_for_the_session_before() -> None:
    saturday = date(2013, 2, 2)
    request = _request(_entry("prices/vendor_2013-02-02.csv", saturday, saturday))
    assert _range(request) == ("2013-02-01", "2013-02-01")


def test_what_is_announced_ahead_is_loaded_and_the_book_recomputed_only_to_its_newest_date() -> None:
    today = _entry("positions/admin_2013-03-01.csv", NEWEST, NEWEST)
    ahead = _entry("corporate_actions/vendor_2013-03-04_2013-06-28.csv", date(2013, 3, 4), date(2013, 6, 28))
    both, load = _requests([today, ahead], [NEWEST])
    assert (both.job_name, *_range(both)) == ("end_of_day", "2013-03-01", "2013-03-01")
    assert (load.job_name, *_range(load)) == ("ingest", "2013-03-04", "2013-06-28")
    assert load.asset_selection == [dg.AssetKey(["lake", "corporate_actions"])]


def test_a_book_that_may_yet_be_refused_does_not_move_the_window_away_from_a_correction() -> None:
    odd = date(2013, 12, 31)
    junk = _entry("positions/admin_2013-12-31.csv", odd, odd)
    correction = _entry("prices/vendor_2013-03-01.csv", NEWEST, NEWEST)
    first, second = _requests([junk, correction], [NEWEST, odd])
    assert (first.job_name, *_range(first)) == ("end_of_day", "2013-12-31", "2013-12-31")
    assert (second.job_name, *_range(second)) == ("end_of_day", "2013-03-01", "2013-03-01")


def test_the_next_session_and_a_correction_before_it_are_one_run() -> None:
    monday, thursday = date(2013, 3, 4), date(2013, 2, 28)
    positions = _entry("positions/admin_2013-03-04.csv", monday, monday)
    correction = _entry("prices/vendor_2013-02-28.csv", thursday, thursday)
    (request,) = _requests([positions, correction], [NEWEST, monday])
    assert _range(request) == ("2013-02-28", "2013-03-04")


def test_dates_beyond_the_last_partition_do_not_break_the_sensor() -> None:
    far = _entry("prices/vendor_2040-01-02.csv", date(2040, 1, 2), date(2040, 1, 2))
    request = _request(far)
    assert _range(request) == ("2013-12-31", "2013-12-31")


def test_history_before_the_first_partition_rides_with_the_first_partition() -> None:
    old = _entry("prices/vendor_2000-03-01_2002-12-31.csv", date(2000, 3, 1), date(2002, 12, 31))
    request = _request(old)
    assert request.job_name == "ingest"
    assert _range(request) == ("2003-01-02", "2003-01-02")


def test_many_files_become_one_run() -> None:
    days = XNYS.sessions(date(2013, 2, 25), NEWEST)
    request = _request(*(_entry(f"prices/vendor_{day}.csv", day, day) for day in days))
    assert _range(request) == ("2013-02-25", "2013-03-01")


def test_the_same_files_have_the_same_run_key_until_they_are_tried_again() -> None:
    once = _entry("prices/vendor_2013-03-01.csv", NEWEST, NEWEST)
    again = _entry("prices/vendor_2013-03-01.csv", NEWEST, NEWEST, attempts=1)
    assert _request(once).run_key == _request(once).run_key
    assert _request(once).run_key != _request(again).run_key


@pytest.mark.parametrize("day", [FIRST, NEWEST])
def test_before_any_positions_are_there_files_are_only_loaded(day: date) -> None:
    request = _request(_entry(f"prices/vendor_{day}.csv", day, day), newest=date.min)
    assert (request.job_name, _range(request)[1]) == ("ingest", day.isoformat())


@pytest.mark.parametrize(
    ("tick", "key"),
    [
        pytest.param(datetime(2013, 3, 1, 23, 30, tzinfo=UTC), "2013-03-01", id="a Friday"),
        pytest.param(datetime(2013, 3, 2, 0, 30, tzinfo=UTC), "2013-03-01", id="the next day in UTC"),
    ],
)
def test_the_schedule_asks_for_the_session_that_closed(tick: datetime, key: str) -> None:
    request = request_for(tick, XNYS)
    assert isinstance(request, dg.RunRequest)
    assert request.partition_key == key


def test_the_schedule_skips_a_holiday() -> None:
    skipped = request_for(datetime(2013, 7, 4, 22, 30, tzinfo=UTC), XNYS)
    assert isinstance(skipped, dg.SkipReason)
    assert "2013-07-04 is no session of XNYS" in str(skipped)
