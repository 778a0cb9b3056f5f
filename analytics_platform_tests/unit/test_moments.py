"""Moments as people write them."""

from datetime import UTC, datetime

import pytest

from analytics_platform.calendars.moments import MomentError, parse_moment, written


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("2013-03-01T18:00:00.250Z", id="UTC"),
        pytest.param("2013-03-01T13:00:00.250-05:00", id="New York"),
        pytest.param(" 2013-03-01T19:00:00.250+01:00 ", id="blanks around"),
        pytest.param("2013-03-01T19:00:00.250 01:00", id="a plus that an address lost"),
        pytest.param("2013-03-01 18:00:00.250Z", id="a blank for the T"),
        pytest.param("20130301T180000.250Z", id="basic form"),
    ],
)
def test_all_ways_to_write_one_moment_are_that_moment(text: str) -> None:
    assert parse_moment(text) == datetime(2013, 3, 1, 18, 0, 0, 250_000, UTC)


@pytest.mark.parametrize(
    "text",
    ["2013-03-01T18:00:00", "2013-03-01", "2013-03-01 18:00:00"],
)
def test_a_moment_without_a_zone_is_refused_and_the_cure_is_told(text: str) -> None:
    with pytest.raises(MomentError, match="has no time zone: say Z for UTC, as in 2013-03-01T"):
        parse_moment(text)


@pytest.mark.parametrize("text", ["", "yesterday", "2013-02-30T00:00:00Z", "01.03.2013", "2013-03-01T25:00Z"])
def test_what_is_no_moment_is_refused(text: str) -> None:
    with pytest.raises(MomentError, match="is no moment: write it as"):
        parse_moment(text)


def test_a_written_moment_is_read_back() -> None:
    moment = datetime(2013, 3, 1, 18, 0, 0, 7000, UTC)
    assert parse_moment(written(moment)) == moment
