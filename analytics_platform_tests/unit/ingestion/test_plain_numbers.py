"""Numbers of a column read at once: the same as one by one, whatever stands among them."""

import re
from decimal import Decimal

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from analytics_platform.ingestion.parsing.plain_numbers import plain_numbers

_PLAIN = re.compile(r"-?[0-9]{1,10}(\.[0-9]{1,8})?")
_ODD = (
    "",
    "-1.25",
    "1.2.3",
    ".5",
    "5.",
    "-",
    ".",
    "1e5",
    "+1",
    "1:25",
    "/1.25",
    "12345678901",
    "é.25",
    "1 .25",
)


def assert_read_one_by_one(cells: list[str], mark: str) -> None:
    written = [cell.replace(".", mark) for cell in cells]
    column = pa.array(["9.99", *written], pa.string()).slice(1)  # a slice, as cells of a batch are
    units, is_plain, is_empty = plain_numbers(column, mark)
    assert is_plain.tolist() == [bool(_PLAIN.fullmatch(cell)) for cell in cells]
    assert is_empty.tolist() == [not cell for cell in cells]
    assert units[is_plain].tolist() == [
        int(Decimal(cell).scaleb(8)) for cell in cells if _PLAIN.fullmatch(cell)
    ]


def alike(decimals: int) -> st.SearchStrategy[str]:
    return st.from_regex(
        rf"[0-9]{{1,10}}\.[0-9]{{{decimals}}}" if decimals else "[0-9]{1,10}", fullmatch=True
    ).map(lambda text: text.encode("ascii", "ignore").decode())


@given(
    st.integers(0, 8).flatmap(lambda decimals: st.lists(alike(decimals), min_size=1, max_size=60)),
    st.lists(st.tuples(st.integers(0, 60), st.sampled_from(_ODD)), max_size=3),
    st.sampled_from(".,"),
)
def test_cells_written_alike_with_a_few_others_among_them_are_read_as_one_by_one(
    cells: list[str], others: list[tuple[int, str]], mark: str
) -> None:
    for place, cell in others:
        cells.insert(place, cell)
    assert_read_one_by_one(cells, mark)


@pytest.mark.parametrize("odd", _ODD)
@pytest.mark.parametrize("even", ["7", "12345678", "1.5", "34.17", "0.1234567", "1234567890.12345678"])
def test_one_odd_cell_is_told_from_many_that_are_alike(odd: str, even: str) -> None:
    cells = [even] * 100
    for place in (0, 50, 99):
        assert_read_one_by_one([*cells[:place], odd, *cells[place:]], ".")
