"""Which deliveries are due for a session and by when, and what follows when some are missing."""

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import pytest

from analytics_platform.settings import Settings
from analytics_platform.triggers.due_list import DueListError, read_due_list
from analytics_platform.triggers.lambda_package import known
from analytics_platform.triggers.lambdas.configuration import read
from analytics_platform.triggers.lambdas.expected_deliveries import (
    Asked,
    InvalidRequestError,
    covering,
    judge,
    read_request,
)
from analytics_platform_tests.unit.triggers.known import configuration

KNOWN = configuration()
FRIDAY = date(2013, 3, 1)
NOW = datetime(2013, 3, 2, 1, tzinfo=UTC)
STARTED = "2013-03-01T21:30:00.123Z"


def due(day: date) -> set[str]:
    return {str(each) for each in KNOWN.due(day)}


def test_each_session_has_its_deliveries_and_the_last_of_a_month_has_more() -> None:
    usual = {
        "prices of exchange",
        "prices of option-desk",
        "prices of ust-desk",
        "fx_rates of ecb",
        "curve_quotes of treasury",
        "positions of fund-admin",
    }
    assert due(FRIDAY) == usual
    monthly = {"positions of custodian-a", "cash_flows of paying-agent", "vendor_risk_metrics of risk-vendor"}
    assert due(date(2013, 2, 28)) == usual | monthly


def test_the_last_session_of_a_month_may_come_before_holidays() -> None:
    before_good_friday, week_before = date(2013, 3, 28), date(2013, 3, 21)
    assert "positions of custodian-a" in due(before_good_friday)
    assert "positions of custodian-a" not in due(week_before)


def test_who_has_a_holiday_owes_nothing() -> None:
    easter_monday, columbus_day = date(2013, 4, 1), date(2013, 10, 14)
    assert "fx_rates of ecb" not in due(easter_monday)
    assert "curve_quotes of treasury" not in due(columbus_day)


@pytest.mark.parametrize(
    ("at", "session"),
    [
        ("2013-03-01T20:59:59Z", date(2013, 2, 28)),
        ("2013-03-01T21:00:00Z", FRIDAY),
        ("2013-03-01T16:00:00-05:00", FRIDAY),
        ("2013-03-02T20:59:00Z", FRIDAY),
        ("2013-03-02T21:00:00Z", date(2013, 3, 2)),
    ],
)
def test_without_a_session_it_is_the_last_day_that_has_ended(at: str, session: date) -> None:
    assert read_request({"time": at}, STARTED, KNOWN, NOW).session == session


def test_a_day_ends_at_midnight_of_its_zone_in_summer_and_in_winter() -> None:
    new_york = Settings(landing_url="s3://landing", session_zone="America/New_York")
    there = read(json.dumps(known(new_york)).encode())
    assert there.end_of(date(2013, 3, 1)) == datetime(2013, 3, 2, 5, tzinfo=UTC)
    assert there.end_of(date(2013, 3, 9)) == datetime(2013, 3, 10, 5, tzinfo=UTC)
    assert there.end_of(date(2013, 3, 10)) == datetime(2013, 3, 11, 4, tzinfo=UTC)
    assert there.end_of(date(2013, 7, 1)) == datetime(2013, 7, 2, 4, tzinfo=UTC)


@pytest.mark.parametrize(
    ("told", "says"),
    [
        (None, "no JSON object"),
        ([], "no JSON object"),
        ({"session": "2013-02-30"}, "write it as 2013-03-01"),
        ({"session": ["2013-03-01"]}, "write it as 2013-03-01"),
        ({"session": "2013-03-04"}, "ends at 2013-03-04 21:00 UTC"),
        ({"session": "1999-03-01"}, "sessions are known from 2003-01-02"),
        ({"session": "2036-03-03"}, "sessions are known from"),
        ({"time": "2013-03-01 22:00"}, "has no time zone"),
        ({"time": 7}, "is no moment"),
        ({"deadline": "soon\n"}, "is no moment"),
        ({"deadline": "2013-03-09T00:00:00Z"}, "more than 4 days ahead"),
        ({"look_again_seconds": 0.5}, "no whole number"),
        ({"look_again_seconds": True}, "no whole number"),
        ({"look_again_seconds": -1}, "no whole number"),
    ],
    ids=str,
)
def test_a_request_that_cannot_be_is_refused_in_one_line(told: object, says: str) -> None:
    with pytest.raises(InvalidRequestError, match=says) as refused:
        read_request(told, STARTED, KNOWN, NOW)
    assert str(refused.value).isprintable()


def verdict(now: datetime, *missing: str, look_again: int = 300) -> dict[str, object]:
    lacking = [each for each in KNOWN.due(FRIDAY) if str(each) in missing]
    return judge(Asked(FRIDAY, None, look_again), lacking, KNOWN, now)


def test_all_there_is_complete_at_any_time() -> None:
    assert verdict(NOW)["verdict"] == "complete"
    assert verdict(NOW + timedelta(days=9))["verdict"] == "complete"


def test_what_is_missing_is_waited_for_until_the_last_of_it_is_due() -> None:
    missing = ("fx_rates of ecb", "positions of fund-admin")
    due_at = datetime(2013, 3, 2, 2, tzinfo=UTC)
    assert verdict(due_at - timedelta(seconds=1), *missing)["verdict"] == "waiting"
    late = verdict(due_at, *missing)
    assert late["verdict"] == "late"
    assert late["lacks_required"] is True
    assert late["missing"] == [
        "fx_rates of ecb (required, due 2013-03-01 22:00 UTC)",
        "positions of fund-admin (required, due 2013-03-02 02:00 UTC)",
    ]
    assert "fx_rates of ecb, positions of fund-admin" in str(late["reason"])


def test_what_is_not_required_lets_the_day_go_on() -> None:
    late = verdict(NOW, "prices of ust-desk")
    assert (late["verdict"], late["lacks_required"]) == ("late", False)
    assert "computed again when they come" in str(late["reason"])


@pytest.mark.parametrize("look_again", [1, 10, 300, 86_400])
def test_waits_are_few_and_end_at_the_deadline(look_again: int) -> None:
    now, looks = KNOWN.end_of(FRIDAY), 0
    deadline = now + timedelta(minutes=300)
    while (told := verdict(now, "positions of fund-admin", look_again=look_again))["verdict"] == "waiting":
        seconds = told["wait_seconds"]
        assert isinstance(seconds, int)
        now += timedelta(seconds=seconds)
        looks += 1
    assert now == deadline
    assert looks < 1_000


@pytest.mark.parametrize(
    ("key", "covers"),
    [
        ("zone/prices/exchange_2013-03-01.csv", True),
        ("zone/prices/exchange_2013-02-25_2013-03-01.csv.gz", True),
        ("zone/prices/exchange_2003-01-02_2013-03-04.parquet", True),
        ("zone/prices/exchange_2013-02-28.csv", False),
        ("zone/prices/exchange_2013-03-01.exe", False),
        ("zone/prices/exchange_2013-03-02_2013-03-04.csv", False),
        ("zone/prices/exchange_2013-03-01/", False),
    ],
)
def test_a_file_covers_a_session_by_its_name(key: str, *, covers: bool) -> None:
    assert (covering(iter([key]), KNOWN, FRIDAY) == key) is covers


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("look_again_seconds = 0\nexpected = []", "look_again_seconds"),
        ("look_again_seconds = 1\n[[expected]]\ndataset = 'price'", "name one of"),
        ("look_again_seconds = 1\n[[expected]]\ncalendar = 'XXXX'", "there is no calendar 'XXXX'"),
        ("look_again_seconds = 1\n[[expected]]\ndue_on = 'weekly'", "session"),
        ("look_again_seconds = 1\n[[expected]]\nsender = 'x'", "sender"),
        ("look_again_seconds = ", "cannot be read"),
    ],
)
def test_a_wrong_list_is_refused(tmp_path: Path, text: str, says: str) -> None:
    file = tmp_path / "expected_deliveries.toml"
    file.write_text(text, "utf-8")
    with pytest.raises(DueListError, match=says) as refused:
        read_due_list(file)
    assert "\n" not in str(refused.value) or "cannot be read" in str(refused.value)


def test_a_delivery_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    file, one = tmp_path / "due.toml", "dataset = 'prices'\nsource = 'x'\nrequired = true\ndue_minutes = 1\n"
    file.write_text(f"look_again_seconds = 1\n[[expected]]\n{one}[[expected]]\n{one}", "utf-8")
    with pytest.raises(DueListError, match="prices of x stand there more than once"):
        read_due_list(file)
    with pytest.raises(DueListError, match="cannot be read"):
        read_due_list(tmp_path / "missing.toml")
