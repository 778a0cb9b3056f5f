"""A history that is cut by date says what it said whole: the same rows, each once, each with its fault."""

import csv
import gzip
import io
import tempfile
from collections import Counter
from datetime import date
from pathlib import Path

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pyarrow import parquet

from analytics_platform.ingestion.child.splitting import split_in_child
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.parse import ParseResult
from analytics_platform.ingestion.parsing.spans import SpanLength, spans
from analytics_platform.ingestion.parsing.splitting import Part, split
from analytics_platform_tests.unit.ingestion.deliveries import PRICE_HEADER, PRICE_ROW, delivered

NAME = "prices/vendor_2012-11-05_2013-03-01.csv"
DAYS = st.sampled_from(["2012-11-05", "2012-12-31", "2013-01-01", "2013-02-28", "2013-03-01", "2013-04-01"])
CELLS = st.sampled_from(["441.40", "", "x", " 7 ", '"', "a\nb", "a\rb", "1,5", "\u00e9", "#N/A"])


def _row(day: str, instrument: str = "EQ_AAPL", close: str = "441.40") -> list[str]:
    return [day, instrument, "close", "", "", "", close, "1", "USD"]


def _as_csv(rows: list[list[str]], delimiter: str = ",", encoding: str = "utf-8") -> bytes:
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows([PRICE_HEADER.split(","), *rows])
    return text.getvalue().encode(encoding)


def _cut(
    raw: bytes,
    folder: Path,
    dialect: Dialect | None = None,
    name: str = NAME,
    length: SpanLength = "month",
) -> list[Part]:
    history = folder / "history"
    history.write_bytes(raw)
    return split(history, parse_file_name(name), dialect or Dialect(), Limits(), length, folder)


def _sums(results: list[ParseResult]) -> tuple[int, int, int, Counter[str], list[tuple[object, ...]]]:
    """Return rows read, rejected and ignored, the reasons, and the accepted rows without their numbers."""
    reasons = Counter(str(reason).split(" (")[0] for each in results for reason in each.rejected["reason"])
    rows = sorted(row for each in results for row in each.accepted.drop("row_number").rows())
    return (
        sum(each.rows_read for each in results),
        sum(each.rejected.height for each in results),
        sum(each.rows_ignored for each in results),
        reasons,
        rows,
    )


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(st.builds(_row, DAYS, st.sampled_from(["EQ_A", "EQ_B", "EQ_C"]), CELLS), max_size=12))
def test_the_parts_say_together_what_the_history_says(rows: list[list[str]]) -> None:
    raw = _as_csv(rows)
    whole = _sums([delivered(raw, NAME)])
    with tempfile.TemporaryDirectory() as folder:
        parts = _cut(raw, Path(folder), length="quarter")
        assert sum(part.rows for part in parts) == len(rows)
        again = [delivered(part.file.read_bytes(), str(part.name)) for part in parts]
    told = _sums(again)
    assert told[0] == whole[0] == len(rows)
    assert told[1:3] == whole[1:3]
    assert told[3:] == whole[3:]


def test_a_row_stands_in_the_part_of_its_date(tmp_path: Path) -> None:
    parts = _cut(_as_csv([_row("2013-01-31"), _row("2012-11-05"), _row("2013-02-01")]), tmp_path)
    assert [(str(part.name), part.rows) for part in parts] == [
        ("prices/vendor_2012-11-05_2012-11-30.csv.gz", 1),
        ("prices/vendor_2012-12-01_2012-12-31.csv.gz", 0),
        ("prices/vendor_2013-01-01_2013-01-31.csv.gz", 1),
        ("prices/vendor_2013-02-01_2013-02-28.csv.gz", 1),
        ("prices/vendor_2013-03-01.csv.gz", 0),
    ]
    text = gzip.decompress(parts[3].file.read_bytes()).decode()
    assert list(csv.reader(io.StringIO(text))) == [PRICE_HEADER.split(","), _row("2013-02-01")]


@pytest.mark.parametrize("day", ["2013-04-01", "31.1.2013", ""], ids=["outside", "unreadable", "missing"])
def test_a_row_without_a_date_that_counts_is_rejected_in_the_first_part(tmp_path: Path, day: str) -> None:
    first, *others = _cut(_as_csv([_row(day)]), tmp_path)
    assert (first.rows, [part.rows for part in others]) == (1, [0, 0, 0, 0])
    assert delivered(first.file.read_bytes(), str(first.name)).rejected.height == 1


def test_the_same_history_makes_the_same_bytes(tmp_path: Path) -> None:
    raw = _as_csv([_row("2013-01-31"), _row("2012-11-05")])
    once = [part.file.read_bytes() for part in _cut(raw, tmp_path)]
    assert [part.file.read_bytes() for part in _cut(raw, tmp_path)] == once


def test_the_parts_are_written_as_the_sender_writes(tmp_path: Path) -> None:
    dialect = Dialect(
        format="csv", encoding="utf-16", delimiter=";", decimal_mark=",", date_format="%d.%m.%Y"
    )
    raw = _as_csv([_row("31.01.2013", close="441,40"), _row("01.02.2013", "EQ_\u00c4")], ";", "utf-16")
    whole = _sums([delivered(raw, NAME, dialect)])
    parts = _cut(raw, tmp_path, dialect)
    assert _sums([delivered(part.file.read_bytes(), str(part.name), dialect) for part in parts]) == whole
    assert whole[4], "nothing was accepted, so nothing was compared"


def test_parquet_stays_parquet(tmp_path: Path) -> None:
    name = NAME.replace(".csv", ".parquet")
    columns = dict(
        zip(PRICE_HEADER.split(","), zip(_row("2013-01-31"), _row("2013-02-01"), strict=True), strict=True)
    )
    typed = {**columns, "business_date": [date(2013, 1, 31), date(2013, 2, 1)], "close_local": [441.4, -0.1]}
    source = tmp_path / "typed"
    parquet.write_table(pa.table(typed), source)
    whole = _sums([delivered(source.read_bytes(), name)])
    parts = _cut(source.read_bytes(), tmp_path, name=name)
    assert {part.name.extension for part in parts} == {"parquet"}
    assert _sums([delivered(part.file.read_bytes(), str(part.name)) for part in parts]) == whole
    assert len(whole[4]) == 2


@pytest.mark.parametrize(
    ("dialect", "name", "reason"),
    [
        pytest.param(Dialect(header_row=2), NAME, "headers", id="headers"),
        pytest.param(
            Dialect(constants={"business_date": "2013-02-28"}), NAME, "constant", id="constant date"
        ),
        pytest.param(
            Dialect(total_rows="instrument_id == 'Total'", total_columns=("volume",)),
            NAME,
            "totals",
            id="totals",
        ),
        pytest.param(Dialect(), NAME.replace(".csv", ".xlsx"), r"\.xlsx", id="workbook"),
        pytest.param(Dialect(), "calendars/vendor_2013-01-01.csv", "no date in each row", id="reference"),
    ],
)
def test_what_a_cut_would_change_is_refused(tmp_path: Path, dialect: Dialect, name: str, reason: str) -> None:
    name = name.replace("calendars", "currencies")
    with pytest.raises(DeliveryRefused, match=reason):
        _cut(_as_csv([]), tmp_path, dialect, name)


def test_a_row_that_cannot_be_written_as_it_was_sent_is_refused_by_its_number(tmp_path: Path) -> None:
    raw = f"{PRICE_HEADER}\n{PRICE_ROW}\n{PRICE_ROW},surplus\n".encode()
    with pytest.raises(DeliveryRefused, match="row 3"):
        _cut(raw, tmp_path)


def test_the_child_answers_as_the_function_does(tmp_path: Path) -> None:
    raw = _as_csv([_row("2013-01-31"), _row("2012-11-05")])
    here = _cut(raw, tmp_path)
    name = parse_file_name(NAME)
    assert split_in_child(tmp_path / "history", name, Dialect(), Limits(), "month", tmp_path) == here
    with pytest.raises(DeliveryRefused, match="headers"):
        split_in_child(tmp_path / "history", name, Dialect(header_row=2), Limits(), "month", tmp_path)


def test_a_child_that_takes_too_much_is_stopped(tmp_path: Path) -> None:
    (tmp_path / "history").write_bytes(_as_csv([_row("2013-01-31")]))
    with pytest.raises(DeliveryRefused, match="could not be cut within"):
        split_in_child(
            tmp_path / "history",
            parse_file_name(NAME),
            Dialect(),
            Limits(memory_bytes=64 << 20),
            "month",
            tmp_path,
        )


@pytest.mark.parametrize(
    ("length", "firsts"),
    [
        ("year", ["2012-11-05", "2013-01-01"]),
        ("quarter", ["2012-11-05", "2013-01-01"]),
        ("month", ["2012-11-05", "2012-12-01", "2013-01-01", "2013-02-01"]),
    ],
)
def test_spans_cover_each_date_once(length: str, firsts: list[str]) -> None:
    cut = spans(date(2012, 11, 5), date(2013, 2, 10), length)  # type: ignore[arg-type]  # from the list above
    assert [str(span.first_date) for span in cut] == firsts
    days = [day for span in cut for day in range(span.first_date.toordinal(), span.last_date.toordinal() + 1)]
    assert days == list(range(date(2012, 11, 5).toordinal(), date(2013, 2, 10).toordinal() + 1))
