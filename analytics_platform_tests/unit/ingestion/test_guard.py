"""Dangerous or mislabelled bytes are refused before a reader sees them."""

import io
import zipfile
from dataclasses import replace
from pathlib import Path

import pytest

from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.ingestion.guards.guard import Limits, guard, read_limited
from analytics_platform_tests.unit.ingestion.deliveries import (
    SHEET,
    far_corner_workbook,
    packed,
    part_of,
    prices_csv,
    with_part,
    workbook,
)

GOOD = workbook(("Data", [["currency"], ["EUR"]]))
ENCRYPTED = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\0" * 600


def refused(raw: bytes, extension: str, limits: Limits | None = None) -> str:
    with pytest.raises(DeliveryRefused) as error:
        guard(raw, parse_file_name(f"prices/a_2013-02-28.{extension}"), limits or Limits())
    return str(error.value)


@pytest.mark.parametrize(
    ("raw", "extension", "message"),
    [
        pytest.param(b"", "csv", "the file is empty", id="empty"),
        pytest.param(prices_csv(), "xlsx", "does not start as such a file does", id="text named xlsx"),
        pytest.param(prices_csv(), "parquet", "does not start", id="text named parquet"),
        pytest.param(prices_csv(), "csv.gz", "does not start", id="text named gz"),
        pytest.param(GOOD, "csv", "it is a zip archive or a new workbook", id="workbook named csv"),
        pytest.param(GOOD, "xls", "it is a zip archive or a new workbook", id="xlsx named xls"),
        pytest.param(packed(b"a"), "csv", "it is gzip", id="gzip named csv"),
        pytest.param(b"<HTML><table>", "xls", "it is a web page", id="web page named xls"),
        pytest.param(b'\xef\xbb\xbf <?xml version="1"?>', "csv", "it is XML", id="xml named csv"),
        pytest.param(ENCRYPTED, "xlsx", "an old (.xls) or a password-protected workbook", id="encrypted"),
        pytest.param(ENCRYPTED + "_VBA_PROJECT".encode("utf-16-le"), "xls", "macros", id="xls macros"),
        pytest.param(
            ENCRYPTED.ljust((1 << 20) - 9, b"\0") + "_VBA_PROJECT".encode("utf-16-le"),
            "xls",
            "macros",
            id="xls macros over the edge of a block",
        ),
        pytest.param(with_part(GOOD, "xl/vbaProject.bin", b"x"), "xlsx", "holds macros", id="macros"),
        pytest.param(with_part(GOOD, "../evil.xml", b"<a/>"), "xlsx", "lead out of it", id="dot dot"),
        pytest.param(with_part(GOOD, "/evil.xml", b"<a/>"), "xlsx", "lead out of it", id="absolute"),
        pytest.param(GOOD[:-30], "xlsx", "the workbook is damaged", id="cut off"),
        pytest.param(far_corner_workbook("A1:XFD1048576"), "xlsx", "1,048,576 rows", id="huge dimension"),
        pytest.param(
            with_part(GOOD, "xl/sharedStrings.xml", b" " * 5_000 + b'<!DOCTYPE a [<!ENTITY b "c">]><sst/>'),
            "xlsx",
            "XML entities",
            id="entities",
        ),
        pytest.param(
            with_part(GOOD, "xl/sharedStrings.xml", "<!DOCTYPE a><sst/>".encode("utf-16")),
            "xlsx",
            "XML entities",
            id="entities in utf-16",
        ),
        pytest.param(
            with_part(GOOD, SHEET, part_of(GOOD, SHEET) + b" " * 30_000_000),
            "xlsx",
            "times its size",
            id="bomb",
        ),
    ],
)
def test_a_dangerous_or_mislabelled_file_is_refused(raw: bytes, extension: str, message: str) -> None:
    assert message in refused(raw, extension)


def test_a_doctype_across_two_pieces_of_a_part_is_found() -> None:
    part = b" " * ((1 << 20) - 4) + b"<!DOCTYPE a>"
    assert "XML entities" in refused(with_part(GOOD, "xl/sharedStrings.xml", part), "xlsx")


def test_a_damaged_part_is_refused() -> None:
    place = GOOD.index(SHEET.encode()) + len(SHEET) + 20
    assert "damaged" in refused(GOOD[:place] + b"\xff\xff\xff" + GOOD[place + 3 :], "xlsx")


def test_an_encrypted_part_is_refused() -> None:
    raw = bytearray(GOOD)
    raw[raw.index(b"PK\x01\x02") + 8] |= 1
    assert "is encrypted" in refused(bytes(raw), "xlsx")


@pytest.mark.filterwarnings("ignore:Duplicate name:UserWarning")
def test_two_parts_of_one_name_are_refused() -> None:
    buffer = io.BytesIO(GOOD)
    with zipfile.ZipFile(buffer, "a") as archive:
        archive.writestr(SHEET, b"<worksheet/>")
    assert "two parts of one name" in refused(buffer.getvalue(), "xlsx")


@pytest.mark.parametrize(
    ("limits", "message"),
    [
        (replace(Limits(), max_entries=3), "parts, 3 are allowed"),
        (replace(Limits(), max_unpacked_bytes=100), "bytes, too many"),
        (replace(Limits(), max_cells=1), "more than 1 cells"),
    ],
    ids=["entries", "unpacked", "cells"],
)
def test_the_limits_are_those_that_are_given(limits: Limits, message: str) -> None:
    assert message in refused(GOOD, "xlsx", limits)


@pytest.mark.parametrize(
    "limits",
    [
        pytest.param(Limits(), id="as shipped"),
        pytest.param(replace(Limits(), max_ratio=1), id="a small workbook may unpack to many times its size"),
    ],
)
def test_a_good_workbook_passes(limits: Limits) -> None:
    assert message_of(GOOD, limits) == ""


def message_of(raw: bytes, limits: Limits) -> str:
    try:
        guard(raw, parse_file_name("prices/a_2013-02-28.xlsx"), limits)
    except DeliveryRefused as refusal:
        return str(refusal)
    return ""


def test_a_file_above_the_limit_is_not_read(tmp_path: Path) -> None:
    path = tmp_path / "file"
    path.write_bytes(b"x" * 101)
    name = parse_file_name("prices/a_2013-02-28.csv")
    with pytest.raises(DeliveryRefused, match="101 bytes, more than the 100 allowed"):
        read_limited(path, name, replace(Limits(), max_file_bytes=100))
    assert read_limited(path, name, replace(Limits(), max_file_bytes=101)) == b"x" * 101
