"""Rows as bytes: exact, and harmless in a spreadsheet."""

import csv
import io
from decimal import Decimal
from json import loads

import polars as pl
import pytest
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.api.problems import Problem
from analytics_platform.api.representations import Format, accepted, csv_bytes, json_rows
from analytics_platform_tests.unit.api.extracts import HOSTILE_TEXTS

FULL_WIDTH = ("\uff1d", "\uff0b", "\uff0d", "\uff20")
DECIMALS = st.decimals(min_value=-(10**29), max_value=10**29, places=8)


@given(st.lists(st.tuples(st.text(max_size=20), DECIMALS | st.none()), min_size=1, max_size=5))
def test_json_gives_back_every_text_and_every_digit(cells: list[tuple[str, Decimal | None]]) -> None:
    rows = pl.DataFrame(cells, schema={'na"me': pl.String, "value": pl.Decimal(38, 8)}, orient="row")
    read = [loads(row, parse_float=Decimal, parse_int=Decimal) for row in json_rows(rows)]
    assert [(row['na"me'], row["value"]) for row in read] == cells


@pytest.mark.parametrize("value", ["0.00000000", "100.00000000", "-0.00000001", "1000.50000000"])
def test_a_decimal_loses_its_zeros_behind_the_point_only(value: str) -> None:
    rows = pl.DataFrame({"x": [Decimal(value)]}, schema={"x": pl.Decimal(38, 8)})
    assert loads(json_rows(rows)[0], parse_int=Decimal, parse_float=Decimal)["x"] == Decimal(value)


def test_whole_decimals_keep_their_zeros() -> None:
    rows = pl.DataFrame({"x": [Decimal(100), None]}, schema={"x": pl.Decimal(20, 0)})
    assert json_rows(rows) == [b'{"x":100}', b'{"x":null}']


@given(st.text(alphabet=st.sampled_from([*"=+-@\t\r\n a1.'\",", *FULL_WIDTH]), max_size=6))
def test_no_text_of_a_csv_starts_as_a_formula_does(text: str) -> None:
    content = csv_bytes(pl.DataFrame({"a": [text], "b": ["x"]})).decode()
    cell = list(csv.reader(io.StringIO(content, newline="")))[1][0]
    is_number = not text.startswith(("\t", "\r", "\n")) and _is_number(text)
    assert cell in {text, f"'{text}"}
    assert is_number or not cell.startswith(tuple("=+-@\t\r\n") + FULL_WIDTH)


def _is_number(text: str) -> bool:
    whole, point, part = text.lstrip("+-").partition(".") if text[:1] in {"+", "-"} else ("x", "", "")
    return text[1:2] not in {"+", "-"} and whole.isdecimal() and (part.isdecimal() if point else not part)


def test_negative_numbers_stay_numbers() -> None:
    rows = pl.DataFrame(
        {"text": ["-12.5"], "float": [-1.5], "whole": [-3], "money": [Decimal("-7.25")]},
        schema_overrides={"money": pl.Decimal(20, 8)},
    )
    assert csv_bytes(rows) == b"text,float,whole,money\r\n-12.5,-1.5,-3,-7.25000000\r\n"


def test_an_exported_name_is_no_formula(published: TestClient) -> None:
    answer = published.get("/positions", headers={"Accept": "text/csv"})
    assert answer.headers["content-type"] == "text/csv; charset=utf-8"
    assert answer.headers["content-disposition"] == 'attachment; filename="positions-2013-03-01.csv"'
    names = [row["instrument_name"] for row in csv.DictReader(io.StringIO(answer.text, newline=""))]
    assert names == [f"'{text}" for text in HOSTILE_TEXTS[:5]] + [HOSTILE_TEXTS[5]]
    told = [row["instrument_name"] for row in published.get("/positions").json()["data"]]
    assert told == list(HOSTILE_TEXTS)


@pytest.mark.parametrize(
    ("accept", "form"),
    [
        ("", Format.JSON),
        ("*/*", Format.JSON),
        ("text/html,application/xhtml+xml,*/*;q=0.8", Format.JSON),
        ("text/csv", Format.CSV),
        ("application/json;q=0.4, text/csv;q=0.5", Format.CSV),
        ("application/vnd.apache.parquet", Format.PARQUET),
        ("text/csv;q=0, application/json;q=0.1", Format.JSON),
    ],
)
def test_the_best_liked_format_is_taken(accept: str, form: Format) -> None:
    assert accepted(accept) is form


@pytest.mark.parametrize("accept", ["image/png", "text/csv;q=0", "nonsense", "text/csv;q=high", ";;;,"])
def test_a_reader_who_takes_none_of_them_is_told(accept: str) -> None:
    with pytest.raises(Problem, match="application/json"):
        accepted(accept)
