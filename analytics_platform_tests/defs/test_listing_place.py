"""Where the listing stands is kept in a small cursor, and a strange cursor begins anew."""

import pytest

from analytics_platform.defs.ingestion.listing_place import LONGEST_CURSOR, ListingPlace


@pytest.mark.parametrize(
    "place", [ListingPlace(), ListingPlace(1.5, "prices/ü {}", 3), ListingPlace(1.5, "")], ids=str
)
def test_a_cursor_tells_the_place(place: ListingPlace) -> None:
    assert ListingPlace.of_cursor(place.cursor) == place


@pytest.mark.parametrize(
    "cursor",
    [None, "", "prices/vendor_2013-03-01.csv", "{}", "[1]", '{"listed_at": 1, "after": 2, "busy": 0}'],
)
def test_the_cursor_of_a_sensor_without_a_queue_begins_anew(cursor: str | None) -> None:
    assert ListingPlace.of_cursor(cursor) == ListingPlace()


def test_the_longest_key_makes_a_small_cursor() -> None:
    assert len(ListingPlace(1e9, "ü" * 4000).cursor.encode()) < LONGEST_CURSOR + 100


@pytest.mark.parametrize(
    ("place", "is_due"),
    [
        pytest.param(ListingPlace(), True, id="never listed"),
        pytest.param(ListingPlace(10_000.0), False, id="just listed"),
        pytest.param(ListingPlace(10_000.0 - 900), True, id="15 minutes ago"),
        pytest.param(ListingPlace(10_000.0, "prices/a"), True, id="under way"),
        pytest.param(ListingPlace(20_000.0), True, id="the clock was set back"),
    ],
)
def test_a_listing_is_due_when_its_time_has_come(place: ListingPlace, is_due: bool) -> None:  # noqa: FBT001 - a table
    assert place.is_due(10_000.0, 15) is is_due
