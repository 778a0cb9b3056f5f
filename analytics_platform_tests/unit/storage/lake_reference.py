"""The rules of the lake said once more, row by row and slowly, for the tests of the fast ones."""

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
from hypothesis import strategies as st

from analytics_platform.storage.lake.lake import END_OF_TIME, Delivery, Lake
from analytics_platform.tables.contract import Table
from analytics_platform.tables.platform import DELIVERIES

DAYS = [date(2013, 2, day) for day in range(25, 29)]
NIGHT = datetime(2013, 3, 1, tzinfo=UTC)
INSTRUMENTS = ["EQ_A", "EQ_B", "EQ_C", "EQ_D"]
SOURCES = ["bank", "vendor"]


@dataclass(frozen=True)
class Delivered:
    """A delivery and the days and instruments of its rows."""

    delivery: Delivery
    rows: tuple[tuple[date, str], ...]


@st.composite
def deliveries(draw: st.DrawFn, sources: Collection[str] = tuple(SOURCES)) -> list[Delivered]:
    """Draw deliveries that overlap, say the same moment, leave rows out and go beyond their dates."""
    found = []
    for number in range(draw(st.integers(0, 12))):
        first, last = sorted((draw(st.sampled_from(DAYS)), draw(st.sampled_from(DAYS))))
        moment = NIGHT + timedelta(hours=draw(st.integers(0, 5)))
        name = f"{draw(st.integers(0, 99)):02}-{number}"
        delivery = Delivery(name, draw(st.sampled_from(sorted(sources))), first, last, moment)
        row = st.tuples(st.sampled_from(DAYS), st.sampled_from(INSTRUMENTS))
        rows = draw(st.lists(row, max_size=6, unique=True))
        found.append(Delivered(delivery, tuple(rows)))
    return found


def expected(
    delivered: Iterable[Delivered],
    sessions: Collection[date] | None = None,
    instruments: Collection[str] | None = None,
    as_known_at: datetime = END_OF_TIME,
) -> list[tuple[date, str, str]]:
    """Return day, instrument and delivery of the rows that hold, by looking at every row."""
    seen = [each for each in delivered if each.delivery.known_at <= as_known_at]
    return sorted(
        (day, instrument, each.delivery.delivery_id)
        for each in seen
        for day, instrument in each.rows
        if each.delivery == _newest(seen, each.delivery.source, day)
        and (sessions is None or day in sessions)
        and (instruments is None or instrument in instruments)
    )


def _newest(seen: Iterable[Delivered], source: str, day: date) -> Delivery | None:
    covering = (each.delivery for each in seen if each.delivery.source == source)
    return max(
        (each for each in covering if each.first_date <= day <= each.last_date),
        key=lambda each: (each.known_at, each.delivery_id),
        default=None,
    )


def put(lake: Lake, table: Table, delivery: Delivery, rows: Iterable[Mapping[str, object]]) -> None:
    """Append and publish one delivery; what a row leaves out is null."""
    frame = pl.DataFrame(
        [{column: row.get(column) for column in table.columns} for row in rows], schema=table.columns
    )
    counts = dict.fromkeys(("rows_read", "rows_accepted"), frame.height)
    nothing = dict.fromkeys(("rows_rejected", "rows_ignored"), 0)
    texts = dict.fromkeys(("uri", "version_id", "sha256", "run_id"), delivery.delivery_id)
    dates = {"first_date": delivery.first_date, "last_date": delivery.last_date}
    facts = {"table_name": table.name, "sheet": None, **dates, **counts, **nothing, **texts}
    lake.append(table, frame, delivery)
    lake.publish(table, delivery, pl.DataFrame(facts, schema=DELIVERIES.columns))


def price(day: date, instrument_id: str) -> dict[str, object]:
    """Return the price of an instrument and day."""
    return {
        "business_date": day,
        "instrument_id": instrument_id,
        "price_type": "close",
        "close_local": Decimal(10),
        "currency": "USD",
    }
