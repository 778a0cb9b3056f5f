"""Sessions against exchange_calendars, day by day, and against what happened."""

from datetime import date, timedelta

import polars as pl
import pytest

from analytics_platform.calendars.sessions import (
    Calendar,
    CalendarError,
    calendar,
    known_calendars,
    trading_sessions_frame,
)
from analytics_platform.tables.platform import TradingSessions
from analytics_platform_tests.build_calendars import (
    FIRST_DATES,
    LAST_DATE,
    OF_QUANTLIB,
    exchange_sessions,
    market_sessions,
)

SMALL = Calendar("TEST", date(2024, 1, 1), date(2024, 1, 14), frozenset({date(2024, 1, 1), date(2024, 1, 8)}))


@pytest.mark.parametrize("name", FIRST_DATES)
def test_every_day_agrees_with_exchange_calendars(name: str) -> None:
    ours = calendar(name)
    expected = exchange_sessions(name)

    assert (ours.first_date, ours.last_date) == (FIRST_DATES[name], LAST_DATE)
    assert ours.sessions(ours.first_date, ours.last_date) == sorted(expected)
    days = (ours.first_date + timedelta(days=n) for n in range((LAST_DATE - ours.first_date).days + 1))
    assert [day for day in days if ours.is_session(day) != (day in expected)] == []


@pytest.mark.parametrize("name", OF_QUANTLIB)
def test_every_day_agrees_with_quantlib(name: str) -> None:
    ours = calendar(name)
    first = OF_QUANTLIB[name][0]

    assert (ours.first_date, ours.last_date) == (first, LAST_DATE)
    assert ours.sessions(first, LAST_DATE) == sorted(market_sessions(name))


def test_the_euro_and_the_treasury_have_days_of_their_own() -> None:
    # European Central Bank, press release of 14 December 2000: closing days of TARGET.
    closed = [date(2013, 1, 1), date(2013, 3, 29), date(2013, 4, 1), date(2013, 5, 1), date(2013, 12, 25)]
    assert calendar("TARGET").holidays_between(date(2013, 1, 1), date(2013, 12, 25)) == closed
    veterans_day = date(2013, 11, 11)
    assert calendar("XNYS").is_session(veterans_day)
    assert not calendar("USGOV").is_session(veterans_day)


@pytest.mark.parametrize(
    "day",
    [
        pytest.param(date(1994, 4, 27), id="funeral of Richard Nixon"),
        pytest.param(date(2001, 9, 11), id="attack on New York"),
        pytest.param(date(2004, 6, 11), id="funeral of Ronald Reagan"),
        pytest.param(date(2012, 10, 30), id="hurricane Sandy"),
        pytest.param(date(2025, 1, 9), id="funeral of Jimmy Carter"),
    ],
)
def test_new_york_knows_unscheduled_closures(day: date) -> None:
    # New York Stock Exchange, Holidays and Trading Hours, special closings.
    assert not calendar("XNYS").is_session(day)
    assert day in calendar("XNYS").holidays_between(day, day)


def test_previous_and_next_jump_weekends_and_holidays() -> None:
    assert SMALL.previous(date(2024, 1, 9)) == date(2024, 1, 5)
    assert SMALL.next(date(2024, 1, 5)) == date(2024, 1, 9)
    assert SMALL.previous(date(2024, 1, 7)) == date(2024, 1, 5)
    assert SMALL.next(date(2024, 1, 6)) == date(2024, 1, 9)


def test_sessions_include_both_ends() -> None:
    assert SMALL.sessions(date(2024, 1, 4), date(2024, 1, 9)) == [
        date(2024, 1, 4),
        date(2024, 1, 5),
        date(2024, 1, 9),
    ]
    assert SMALL.sessions(date(2024, 1, 9), date(2024, 1, 4)) == []
    assert SMALL.holidays_between(date(2024, 1, 1), date(2024, 1, 8)) == [
        date(2024, 1, 1),
        date(2024, 1, 8),
    ]


def test_weekmask_decides_the_working_week() -> None:
    sunday_to_thursday = Calendar("TEST", date(2024, 1, 1), date(2024, 1, 7), frozenset(), weekmask="1111001")
    assert [day.day for day in sunday_to_thursday.sessions(date(2024, 1, 1), date(2024, 1, 7))] == [
        1,
        2,
        3,
        4,
        7,
    ]


def test_dates_outside_the_coverage_are_refused() -> None:
    expected = "calendar TEST covers 2024-01-01 to 2024-01-14, not "
    with pytest.raises(CalendarError, match=expected + "2023-12-31"):
        SMALL.is_session(date(2023, 12, 31))
    with pytest.raises(CalendarError, match=expected + "2024-01-15"):
        SMALL.sessions(date(2024, 1, 1), date(2024, 1, 15))
    with pytest.raises(CalendarError, match=expected + "2023-12-31"):
        SMALL.holidays_between(date(2023, 12, 31), date(2024, 1, 5))
    with pytest.raises(CalendarError, match=expected + "2023-12-31"):
        SMALL.previous(date(2024, 1, 2))
    with pytest.raises(CalendarError, match=expected + "2024-01-15"):
        SMALL.next(date(2024, 1, 12))


def test_unknown_calendar_names_the_known_ones() -> None:
    assert known_calendars() == sorted([*FIRST_DATES, *OF_QUANTLIB])
    with pytest.raises(CalendarError, match="'NYSE'; known are TARGET, USGOV, XETR, XLON, XNYS, XTKS"):
        calendar("NYSE")
    with pytest.raises(CalendarError, match="unknown calendar"):
        calendar("../calendars/XNYS")


@pytest.mark.parametrize("name", FIRST_DATES)
def test_frame_conforms_to_the_table_contract(name: str) -> None:
    frame = TradingSessions.validate(trading_sessions_frame(calendar(name)), cast=False)

    assert frame["business_date"].to_list() == sorted(exchange_sessions(name))
    assert frame["session_number"].to_list() == list(range(frame.height))
    assert frame["previous_business_date"].to_list() == [None, *frame["business_date"][:-1]]
    assert frame.select(pl.col("calendar").unique()).to_series().to_list() == [name]
