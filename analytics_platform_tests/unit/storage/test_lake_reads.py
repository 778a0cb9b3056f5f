"""Reads of the lake: whatever is left out before it is opened, the answer is that of looking at every row.

A lake on S3 runs the same tests.
"""

import os
import tempfile
from collections.abc import Collection, Iterable
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import settings as how
from hypothesis import strategies as st

from analytics_platform.storage.lake import copies as lake_copies
from analytics_platform.storage.lake.copies import Sizes, arrange
from analytics_platform.storage.lake.lake import END_OF_TIME, Delivery, DiskLake, ObjectLake
from analytics_platform.storage.lake.layout import COPIES, object_key, publication_key
from analytics_platform.tables.market import FX_RATES, PRICES
from analytics_platform.tables.reference import CURRENCIES
from analytics_platform_tests.unit.storage.lake_reference import (
    DAYS,
    INSTRUMENTS,
    NIGHT,
    Delivered,
    deliveries,
    expected,
    price,
    put,
)

ALWAYS = Sizes(deliveries=0, rows=0, rows_a_part=3)
"""Copies whatever there is, a few rows a file."""

MOMENTS = [*(NIGHT + timedelta(hours=hour) for hour in range(-1, 6)), END_OF_TIME]

COPIED_AFTER = st.sets(st.integers(0, 11), max_size=3)
SESSIONS = st.none() | st.sets(st.sampled_from([*DAYS, date(2013, 3, 1)]))
ASKED_INSTRUMENTS = st.none() | st.sets(st.sampled_from([*INSTRUMENTS, "EQ_NONE"]))

Asked = tuple[Collection[date] | None, Collection[str] | None, datetime]


def _read(
    lake: ObjectLake,
    sessions: Collection[date] | None = None,
    instruments: Collection[str] | None = None,
    as_known_at: datetime = END_OF_TIME,
) -> list[tuple[date, str, str]]:
    columns = ["business_date", "instrument_id", "delivery_id"]
    rows = lake.read(PRICES, sessions, instruments=instruments, columns=columns, as_known_at=as_known_at)
    assert rows.columns == columns
    return sorted(rows.iter_rows())


def _deliver(lake: ObjectLake, delivered: Delivered) -> None:
    put(lake, PRICES, delivered.delivery, [price(*row) for row in delivered.rows])


def check_reads(lake: ObjectLake, delivered: list[Delivered], copied_after: set[int], asked: Asked) -> None:
    """Deliver to an empty lake, copying after some deliveries, and compare what it answers."""
    for number, each in enumerate(delivered):
        _deliver(lake, each)
        if number in copied_after:
            arrange(lake.objects, PRICES, ALWAYS)
    assert _read(lake, *asked) == expected(delivered, *asked)


@how(max_examples=40)
@given(
    delivered=deliveries(),
    copied_after=COPIED_AFTER,
    sessions=SESSIONS,
    instruments=ASKED_INSTRUMENTS,
    as_known_at=st.sampled_from(MOMENTS),
)
def test_a_read_is_what_looking_at_every_row_gives(
    delivered: list[Delivered],
    copied_after: set[int],
    sessions: set[date] | None,
    instruments: set[str] | None,
    as_known_at: datetime,
) -> None:
    with tempfile.TemporaryDirectory() as folder:
        check_reads(DiskLake(Path(folder)), delivered, copied_after, (sessions, instruments, as_known_at))


@pytest.fixture
def lake(tmp_path: Path) -> ObjectLake:
    """Return an empty lake."""
    return DiskLake(tmp_path)


@pytest.fixture
def filled(lake: ObjectLake) -> ObjectLake:
    """Return the lake with 20 daily deliveries of four prices, the last ten restating the first ten."""
    for number in range(20):
        _put(lake, number)
    return lake


def _delivery(number: int) -> Delivery:
    day = date(2013, 2, 1) + timedelta(days=number % 10)
    return Delivery(f"d{number:02}", "vendor", day, day, NIGHT + timedelta(hours=number))


def _put(lake: ObjectLake, number: int) -> None:
    delivery = _delivery(number)
    put(lake, PRICES, delivery, [price(delivery.first_date, name) for name in INSTRUMENTS])


def _remove(lake: ObjectLake, numbers: Iterable[int]) -> None:
    for number in numbers:
        lake.objects.remove(object_key("prices", _delivery(number)))


def test_one_session_opens_one_delivery(filled: ObjectLake) -> None:
    day = date(2013, 2, 3)
    _remove(filled, set(range(20)) - {12})
    assert filled.read(PRICES, [day])["delivery_id"].unique().to_list() == ["d12"]


def test_one_instrument_opens_copies_and_what_came_after_them(filled: ObjectLake) -> None:
    assert filled.arrange(PRICES) == 80
    _remove(filled, range(20))
    rows = filled.read(PRICES, instruments=["EQ_B"])
    assert sorted(rows["delivery_id"]) == [f"d{number}" for number in range(10, 20)]
    assert set(rows["instrument_id"]) == {"EQ_B"}
    early = filled.read(PRICES, instruments=["EQ_B"], as_known_at=NIGHT + timedelta(hours=9))
    assert sorted(early["delivery_id"]) == [f"d0{number}" for number in range(10)]
    later = Delivery("z", "vendor", date(2013, 2, 1), date(2013, 2, 9), NIGHT + timedelta(days=2))
    put(filled, PRICES, later, [])
    assert filled.read(PRICES, instruments=["EQ_B"])["delivery_id"].to_list() == ["d19"]


def test_one_session_of_one_instrument_is_that_of_its_newest_delivery_in_a_copy_too(
    filled: ObjectLake,
) -> None:
    filled.arrange(PRICES)
    assert _read(filled, [date(2013, 2, 3)], ["EQ_B"]) == [(date(2013, 2, 3), "EQ_B", "d12")]


def test_little_is_not_copied_and_copies_grow_few(lake: ObjectLake) -> None:
    sizes = Sizes(deliveries=2, rows=1_000)
    copied = []
    for number in range(30):
        day = date(2013, 2, 1) + timedelta(days=number)
        delivery = Delivery(f"d{number:02}", "vendor", day, day, NIGHT + timedelta(hours=number))
        put(lake, PRICES, delivery, [price(day, name) for name in INSTRUMENTS])
        copied.append(arrange(lake.objects, PRICES, sizes))
    assert copied[:6] == [0, 0, 12, 0, 0, 24]
    copies = lake_copies.copies(lake.objects, "prices").copies
    assert len(copies) <= 3
    assert sum(copy.rows for copy in copies) == 120
    names = [name for copy in copies for name in copy.delivery_ids]
    assert sorted(names) == [f"d{number:02}" for number in range(30)]


def test_files_that_no_copy_names_are_deleted_after_a_while(tmp_path: Path) -> None:
    lake = DiskLake(tmp_path)
    for number in range(20):
        _put(lake, number)
    lake.arrange(PRICES)
    folder = lake.root / COPIES / "prices"
    (old,) = folder.glob("*.parquet")
    for number in range(20, 30):
        delivery = Delivery(f"d{number}", "vendor", DAYS[0], DAYS[0], NIGHT + timedelta(hours=number))
        put(lake, PRICES, delivery, [price(DAYS[0], name) for name in INSTRUMENTS])
    lake.arrange(PRICES)
    assert old.exists()
    os.utime(old, (0, 0))
    arrange(lake.objects, PRICES, ALWAYS)
    assert old.exists(), "nothing came, so nothing was arranged"
    put(lake, PRICES, Delivery("z", "vendor", DAYS[0], DAYS[0], END_OF_TIME), [price(DAYS[0], "EQ_A")])
    arrange(lake.objects, PRICES, ALWAYS)
    assert not old.exists()
    assert lake.read(PRICES, [DAYS[0]], instruments=["EQ_A"])["delivery_id"].to_list() == ["z"]


def test_a_delivery_that_another_process_puts_is_seen_at_once(lake: ObjectLake) -> None:
    day = DAYS[0]
    for number in range(50):
        delivery = Delivery(f"d{number:02}", "vendor", day, day, NIGHT + timedelta(minutes=number))
        put(lake, PRICES, delivery, [price(day, "EQ_A")])
        assert lake.read(PRICES)["delivery_id"].to_list() == [delivery.delivery_id]


def test_deliveries_that_were_published_before_there_were_folders_of_tables_are_read(
    lake: ObjectLake,
) -> None:
    delivery = Delivery("a", "vendor", DAYS[0], DAYS[0], NIGHT)
    put(lake, PRICES, delivery, [price(DAYS[0], "EQ_A")])
    new = publication_key("prices", delivery)
    folder, _, name = object_key("deliveries", delivery).rpartition("/")
    with lake.objects.writing(f"{folder}/prices_{name}") as old:
        old.write_bytes(lake.objects.load(new))
    lake.objects.remove(new)
    assert lake.read(PRICES).height == 1
    assert lake.read(FX_RATES).height == 0
    assert lake.deliveries().height == 1


def test_a_run_reads_what_it_has_written_itself(lake: ObjectLake) -> None:
    for name, hour in (("old", 1), ("new", 2)):
        delivery = Delivery(name, "vendor", DAYS[0], DAYS[0], NIGHT + timedelta(hours=hour))
        put(lake, PRICES, delivery, [price(DAYS[0], "EQ_A")])
    assert lake.read(PRICES, preferred="old")["delivery_id"].to_list() == ["old"]
    assert lake.read(PRICES, preferred="none")["delivery_id"].to_list() == ["new"]


def test_what_a_table_has_not_cannot_be_asked_for(lake: ObjectLake) -> None:
    with pytest.raises(ValueError, match="fx_rates has no column instrument_id to choose by"):
        lake.read(FX_RATES, instruments=["EQ_A"])
    with pytest.raises(ValueError, match="currencies has no column colour; it has currency, name"):
        lake.read(CURRENCIES, columns=["currency", "colour"])
    assert lake.read(PRICES, [DAYS[0]], columns=["volume"]).schema == {"volume": PRICES.columns["volume"]}
