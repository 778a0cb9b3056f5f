"""Nasty old workbooks and Parquet files: epochs, macros, types, metadata that lie."""

import io
import struct
from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform_tests.unit.ingestion.corpus.case import Case, Told, good, refused, short
from analytics_platform_tests.unit.ingestion.old_workbooks import (
    ErrorCell,
    OldCell,
    Serial,
    compound_file,
    old_workbook,
)

SHORT = short()
HEAD: list[OldCell] = ["business_date", "instrument_id", "close_local"]
SERIAL = 41333.0
DAYS_TO_1904 = 1462


def old_workbooks() -> list[Case]:
    """xls: epochs, errors, macros, passwords, other formats by that name."""
    rows: list[list[OldCell]] = [HEAD, [Serial(SERIAL), "EQ_A", 10.5], [Serial(SERIAL), "EQ_B", 20.25]]
    late: list[list[OldCell]] = [HEAD, [Serial(SERIAL - DAYS_TO_1904), "EQ_A", 30.75]]
    bare: list[list[OldCell]] = [HEAD, [SERIAL, "EQ_A", 30.75]]
    wrong: list[list[OldCell]] = [HEAD, [Serial(SERIAL), "EQ_A", ErrorCell()]]
    return [
        good("an old workbook", old_workbook(rows), "xls", SHORT, "30.75", ids=("EQ_A", "EQ_B")),
        good("an old workbook of 1904", old_workbook(late, is_1904=True), "xls", SHORT, "30.75", accepted=1),
        good("serial numbers in xls", old_workbook(bare), "xls", short(date_epoch=1900), "30.75", accepted=1),
        refused(
            "an unread epoch in xls", old_workbook(bare), "xls", short(date_epoch="workbook"), Told("epoch")
        ),
        refused("an error cell in xls", old_workbook(wrong), "xls", SHORT, Told("error cells such as #N/A")),
        refused(
            "macros in xls", compound_file("Workbook", b"", "_VBA_PROJECT"), "xls", SHORT, Told("macros")
        ),
        refused("a password in xls", compound_file("EncryptedPackage", b""), "xls", SHORT, Told("password")),
        refused("a web page named xls", b"<html><table>", "xls", SHORT, Told("it is a web page")),
    ]


def parquet_files() -> list[Case]:
    """Parquet: exact decimals, types that are no plain values, metadata that lie."""
    frame = pl.DataFrame(
        {
            "business_date": [date(2013, 2, 28)] * 2,
            "instrument_id": ["EQ_A", "EQ_B"],
            "close_local": [Decimal("123456789012.12345678"), Decimal(0)],
        },
        schema_overrides={"close_local": pl.Decimal(20, 8)},
    )
    raw = _parquet(frame)
    cut = raw[:-8] + struct.pack("<I", 1 << 30) + b"PAR1"
    return [
        good("exact decimals in Parquet", raw, "parquet", SHORT, "123456789012.12345678"),
        refused("Parquet that is cut off", raw[:-40], "parquet", SHORT, Told("cut off")),
        refused("Parquet with metadata of 1 GB", cut, "parquet", SHORT, Told("metadata are missing")),
        refused(
            "Parquet with garbage for metadata",
            raw[:60] + b"\xff" * (len(raw) - 68) + raw[-8:],
            "parquet",
            SHORT,
            Told("was refused"),
        ),
        refused("encrypted Parquet", b"PARE" + raw[4:], "parquet", SHORT, Told("encrypted Parquet")),
        refused(
            "lists in Parquet",
            _parquet(frame.with_columns(close_local=pl.lit([[1.0]] * 2).explode())),
            "parquet",
            SHORT,
            Told("no plain value", column="close_local"),
        ),
    ]


def _parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()
