"""Exports of a lake on the disk: the rows of `Lake.read`, within bounds, stopped for real."""

import csv
import gc
import json
from dataclasses import replace
from pathlib import Path

import polars as pl
import pytest

from analytics_platform.api.exports.asked import ExportBody, ExportRequest, Form
from analytics_platform.api.exports.engine import Bounds
from analytics_platform.api.exports.exports import Allowed
from analytics_platform.api.problems import Problem
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.tables.market import PRICES
from analytics_platform_tests.unit.api.exports.lakes import (
    FIRST,
    FORMULA,
    MONDAY,
    TUESDAY,
    WEDNESDAY,
    ended,
    exports_of,
    small_lake,
)

ALL = ExportRequest("prices", MONDAY, WEDNESDAY, tuple(PRICES.lake_columns.names()))
WHO = {"by": "ann", "from_": "127.0.0.1"}
NOBODY_LEFT = "analytics_platform.api.exports.lake_writer"


@pytest.fixture
def lake(tmp_path: Path) -> DiskLake:
    return small_lake(tmp_path)


def test_the_file_holds_the_rows_that_hold(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    made = ended(exports, exports.start(ALL, **WHO))
    _, file = exports.file(made.id, **WHO)
    found, asked = pl.read_parquet(file), lake.read(PRICES)
    order = ["business_date", "instrument_id", "source"]
    assert found.sort(order).equals(asked.sort(order))
    assert found.schema == PRICES.lake_columns
    assert (made.state, made.rows, made.bytes_) == ("success", 6, file.stat().st_size)


def test_days_filters_fields_and_the_moment_count(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    fields = ("instrument_id", "close_local")
    asked = replace(ALL, first=TUESDAY, last=TUESDAY, fields=fields, filters=(("source", ("desk", "x")),))
    now = ended(exports, exports.start(asked, **WHO))
    before = ended(exports, exports.start(replace(asked, as_known_at=FIRST), **WHO))
    rows = [pl.read_parquet(exports.file(each.id, **WHO)[1]) for each in (now, before)]
    assert [each.columns for each in rows] == [list(fields)] * 2
    assert [sorted(each["instrument_id"]) for each in rows] == [["EQ_A"], ["EQ_A", "EQ_B"]]


def test_no_text_of_a_csv_is_a_formula(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    asked = replace(ALL, filters=(("instrument_id", ("EQ_C",)),), form="csv")
    made = ended(exports, exports.start(asked, **WHO))
    with exports.file(made.id, **WHO)[1].open(encoding="utf-8", newline="") as lines:
        (row,) = csv.DictReader(lines)
    assert row["source"] == f"'{FORMULA}"
    assert float(row["close_local"]) == -7
    assert row["known_at"] == "2013-03-01T00:00:00.000000Z"
    assert made.rows == 1


@pytest.mark.parametrize(
    ("form", "bounds", "told"),
    [
        pytest.param("csv", Bounds(rows=5), "more than 5 rows", id="rows"),
        pytest.param("parquet", Bounds(bytes_=100), "more than 100 bytes", id="bytes"),
        pytest.param(
            "parquet", Bounds(seconds=0.01), "not done after 0.01 seconds and stopped", id="seconds"
        ),
    ],
)
def test_what_is_out_of_bounds_is_stopped_and_leaves_nothing(
    lake: DiskLake, tmp_path: Path, form: Form, bounds: Bounds, told: str
) -> None:
    exports = exports_of(tmp_path, lake, Allowed(each=bounds))
    made = ended(exports, exports.start(replace(ALL, form=form), **WHO))
    assert (made.state, made.rows) == ("failure", 0)
    assert told in made.reason
    assert list((tmp_path / "exports").glob("*/*")) == []
    assert _writers() == []
    with pytest.raises(Problem, match="the export is failure") as refused:
        exports.file(made.id, **WHO)
    assert refused.value.status == 409


def test_a_cancelled_export_is_killed_and_forgotten(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    made = exports.start(ALL, **WHO)
    exports.cancel(made.id, **WHO)
    with pytest.raises(Problem, match="there is no export"):
        ended(exports, made)
    assert _writers() == []
    assert list((tmp_path / "exports").glob("*/*")) == []


def test_only_so_many_run_at_once(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake, Allowed(at_once=1))
    made = exports.start(ALL, **WHO)
    with pytest.raises(Problem, match="1 exports run") as refused:
        exports.start(ALL, **WHO)
    assert refused.value.status == 429
    ended(exports, made)
    assert ended(exports, exports.start(ALL, **WHO)).state == "success"


def test_what_was_kept_long_enough_is_deleted(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake, Allowed(seconds_kept=0))
    made = exports.start(ALL, **WHO)
    with pytest.raises(Problem, match="there is no export"):
        ended(exports, made)
    assert list((tmp_path / "exports").glob("*/*")) == []


def test_another_server_of_the_home_leaves_them_and_clears_what_a_gone_one_left(
    lake: DiskLake, tmp_path: Path
) -> None:
    first = exports_of(tmp_path, lake)
    made = ended(first, first.start(ALL, **WHO))
    second = exports_of(tmp_path, lake)
    assert first.file(made.id, **WHO)[1].exists()
    del second, first
    gc.collect()
    exports_of(tmp_path, lake)
    assert list((tmp_path / "exports").glob("*/*")) == []


def test_a_file_that_somebody_deleted_is_told(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    made = ended(exports, exports.start(ALL, **WHO))
    exports.file(made.id, **WHO)[1].unlink()
    with pytest.raises(Problem, match="was deleted from outside") as told:
        exports.file(made.id, **WHO)
    assert told.value.status == 410


def test_nobody_sees_the_export_of_another(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    made = ended(exports, exports.start(ALL, **WHO))
    with pytest.raises(Problem, match="there is no export") as refused:
        exports.file(made.id, by="bob", from_="127.0.0.1")
    assert refused.value.status == 404
    assert exports.get(made.id, by="ann").state == "success"


def test_who_asked_for_what_is_written_down(lake: DiskLake, tmp_path: Path) -> None:
    exports = exports_of(tmp_path, lake)
    made = ended(exports, exports.start(ALL, **WHO))
    exports.file(made.id, **WHO)
    exports.cancel(made.id, **WHO)
    lines = [json.loads(line) for line in (tmp_path / "audit.jsonl").read_text().splitlines()]
    assert [(line["who"], line["outcome"]) for line in lines] == [
        ("ann", "started"),
        ("ann", "fetched"),
        ("ann", "canceled"),
    ]
    assert made.id in lines[0]["about"]


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"table": "prices; drop table x"}, "table"),
        ({"table": "instruments"}, "table"),
        ({"first_session": "2013-03-02"}, "first_session"),
        ({"fields": ["close_local", 'x" from y --']}, "fields"),
        ({"fields": []}, "fields"),
        ({"filters": {"close_local": ["1"]}}, "filters"),
        ({"filters": {"instrument_id": []}}, "filters.instrument_id"),
        ({"filters": {"instrument_id": ["a\x00b"]}}, "filters.instrument_id"),
    ],
)
def test_what_the_contracts_do_not_have_is_refused(change: dict[str, object], field: str) -> None:
    body = {"table": "prices", "first_session": "2013-03-01", "last_session": "2013-03-01"}
    with pytest.raises(Problem) as refused:
        ExportRequest.of(ExportBody.model_validate(body | change))
    assert refused.value.field == field


def _writers() -> list[str]:
    """Return the processes of this one that write an export."""
    children = [
        number
        for listed in Path("/proc/self/task").glob("*/children")
        for number in listed.read_text(encoding="utf-8").split()
    ]
    return [number for number in children if NOBODY_LEFT in Path(f"/proc/{number}/cmdline").read_text()]
