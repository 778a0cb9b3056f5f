"""Delimited text keeps every row, its number and its text."""

import pytest

from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.readers.csv_reader import read_csv
from analytics_platform.ingestion.readers.sheet import SheetText
from analytics_platform_tests.unit.ingestion.deliveries import packed


def sheet(raw: bytes, dialect: Dialect | None = None, extension: str = "csv") -> SheetText:
    name = parse_file_name(f"prices/a_2013-02-28.{extension}")
    return read_csv(raw, name, dialect or Dialect(), Limits())


def rows(raw: bytes, dialect: Dialect | None = None, extension: str = "csv") -> list[tuple[object, ...]]:
    return sheet(raw, dialect, extension).cells.rows()


def refused(raw: bytes, dialect: Dialect | None = None, extension: str = "csv") -> str:
    with pytest.raises(DeliveryRefused) as error:
        sheet(raw, dialect, extension)
    return str(error.value)


def test_cells_stay_text_as_they_are() -> None:
    assert rows(b"a,b\n00123,1.50\n1e5,TRUE\nNaN,null\n") == [
        (2, "00123", "1.50"),
        (3, "1e5", "TRUE"),
        (4, "NaN", "null"),
    ]


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["unix", "windows", "old mac"])
def test_every_line_end_is_understood(end: str) -> None:
    assert rows(end.join(["a,b", "1,2", "3,4"]).encode()) == [(2, "1", "2"), (3, "3", "4")]


def test_line_breaks_delimiters_and_quotes_inside_quotation_marks_are_content() -> None:
    assert rows(b'a,b\n"x\ny","1,2"\n"say ""hi""",4\n') == [(2, "x\ny", "1,2"), (3, 'say "hi"', "4")]


def test_blank_lines_count_as_rows() -> None:
    assert rows(b"a,b\n1,2\n\n3,4\n\n") == [(2, "1", "2"), (3, "", ""), (4, "3", "4"), (5, "", "")]


def test_ragged_rows_are_kept_in_place_with_their_fault() -> None:
    found = sheet(b"a,b,c\n1,2,3\n4,5\n\n6,7,8,9\n10,11,12\n")
    assert found.cells.rows() == [
        (2, "1", "2", "3"),
        (3, "4", "5", ""),
        (4, "", "", ""),
        (5, "6", "7", "8,9"),
        (6, "10", "11", "12"),
    ]
    assert found.faults.select("row_number", "position", "message").rows() == [
        (3, None, "the row has 2 cells and the header 3"),
        (5, None, "the row has 4 cells and the header 3"),
    ]


def test_the_header_may_stand_lower() -> None:
    dialect = Dialect(header_row=3)
    raw = b'Report,"of\nMay"\n\na,b\n1,2\n3\n'
    assert sheet(raw, dialect).headers == ("a", "b")
    assert rows(raw, dialect) == [(4, "1", "2"), (5, "3", "")]
    assert sheet(raw, dialect).faults["row_number"].to_list() == [5]


def test_other_delimiters_and_encodings_are_read_as_the_dialect_says() -> None:
    assert rows("ä;b\nü;2\n".encode("latin-1"), Dialect(encoding="latin-1", delimiter=";")) == [(2, "ü", "2")]
    assert rows("ä,b\nü,2\n".encode("utf-16"), Dialect(encoding="utf-16")) == [(2, "ü", "2")]
    assert rows(b"a\tb\n1\t2\n", extension="tsv") == [(2, "1", "2")]
    assert rows(packed(b"a,b\n1,2\n"), extension="csv.gz") == [(2, "1", "2")]


def test_a_byte_order_mark_is_no_part_of_the_first_header() -> None:
    assert sheet(b"\xef\xbb\xbfa,b\n1,2\n").headers == ("a", "b")


def test_a_header_without_rows_is_an_empty_sheet() -> None:
    assert rows(b"a,b") == []


def test_columns_without_header_and_content_are_dropped() -> None:
    found = sheet(b"a,,b,\n1, ,2,\n3,,4,\n")
    assert found.headers == ("a", "b")
    assert found.cells.rows() == [(2, "1", "2"), (3, "3", "4")]


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        pytest.param(b"a,b\n1,2\n\xe4,3\n", "row 3, value '\\xe4': the text is not utf-8", id="latin-1"),
        pytest.param(b"a,b\n1,2\n\xe4", "unexpected end of data at byte 9 of the file", id="cut character"),
        pytest.param(
            "a,b\n1,2\n".encode("utf-16"), "row 1, value '\\xff': the text is not utf-8", id="utf-16"
        ),
        pytest.param("a,b\n1,2\n".encode("utf-16-le"), "NUL characters", id="utf-16 without mark"),
        pytest.param(b"a,b,a,b\n1,2,3,4\n", "the header 'a', 'b' is there more than once", id="twice"),
        pytest.param(b"a,,b\n1,2,3\n", "column 2 has content and no header", id="no header"),
        pytest.param(b"\n1,2\n", "there is no header in row 1", id="blank header"),
        pytest.param(b",,\n,,\n", "there is no header in row 1", id="empty header"),
        pytest.param(
            b'a,b\n1,2\n3,"4\n5,6\n', "row 3: a quotation mark is opened and never closed", id="open"
        ),
        pytest.param(b'a,b\n1,2\n3,4\n5,"6', "row 4: a quotation mark is opened", id="open at the end"),
        pytest.param(b'a,b\n1"2,2\n3,"4\n', "row 3: a quotation mark is opened", id="even number of marks"),
    ],
)
def test_text_that_cannot_be_told_apart_is_refused_with_its_place(raw: bytes, message: str) -> None:
    assert message in refused(raw)


def test_the_row_of_a_wrong_byte_is_told_far_into_a_file() -> None:
    raw = b"a,b\n" + b"1,2\n" * 600_000 + b"1,\xff\n"
    assert "row 600002, value '\\xff'" in refused(raw)


def test_a_header_row_behind_the_end_is_refused() -> None:
    assert "fewer rows than its header row 5" in refused(b"a,b\n", Dialect(header_row=5))


@pytest.mark.parametrize("cut", [1, 8, 12, 30])
def test_a_gzip_file_that_is_cut_off_is_refused(cut: int) -> None:
    assert "gzip file is damaged or cut off" in refused(
        packed(b"a,b\n1,2\n3,4\n5,6\n")[:-cut], None, "csv.gz"
    )


def test_a_gzip_bomb_is_refused() -> None:
    assert "unpacks to more than" in refused(packed(b"a\n" + b"0\n" * 15_000_000), None, "csv.gz")
    assert "the header row cannot be read" in refused(packed(b"0" * 30_000_000), None, "csv.gz")


def test_a_record_longer_than_a_block_is_refused() -> None:
    assert refused(b'a,b\n1,"' + b"x" * 40_000_000 + b'"\n')
