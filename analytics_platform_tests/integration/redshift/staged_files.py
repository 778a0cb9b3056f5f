"""Files that tests of Redshift put into S3. No test."""

import io
import json
from collections.abc import Mapping
from datetime import date
from decimal import Decimal

import polars as pl

from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift_double.objects import parts

ROWS = pl.DataFrame(
    {
        "instrument_id": ["A 'quoted', \"one\"", "", None, "é\nline"],
        "traded_on": [date(2024, 2, 29), None, date(1900, 1, 1), date(2024, 1, 1)],
        "quantity": [Decimal("-1.5"), Decimal("999999999999.12345678"), None, Decimal(0)],
        "price_rate": [0.1, None, float("inf"), 1e-300],
        "row_number": [1, 2**62, None, -3],
        "is_open": [True, False, None, True],
        "known_at": [
            "2024-01-01 12:00:00.123456",
            None,
            "1999-12-31 23:59:59.000001",
            "2024-01-02 00:00:00.5",
        ],
    },
    schema_overrides={"quantity": pl.Decimal(20, 8)},
).with_columns(pl.col("known_at").str.to_datetime("%F %T%.f", time_unit="us"))
"""One column of each type that contracts use, with what is easily lost: nulls, empty texts, line breaks."""

TRADES = """create table trades (
    instrument_id varchar(64), traded_on date, quantity decimal(20, 8), price_rate double precision,
    row_number bigint, is_open boolean, known_at timestamp
) diststyle key distkey (instrument_id) compound sortkey (traded_on, instrument_id)"""
"""A table for them."""


def put(s3: EmulatedS3, address: str, content: pl.DataFrame | str | bytes) -> int:
    """Put Parquet or text at an address; return its bytes."""
    if isinstance(content, pl.DataFrame):
        memory = io.BytesIO()
        content.write_parquet(memory)
        content = memory.getvalue()
    body = content.encode() if isinstance(content, str) else content
    bucket, key = parts(address)
    s3.client.put_object(Bucket=bucket, Key=key, Body=body)
    return len(body)


def put_manifest(s3: EmulatedS3, address: str, sizes: Mapping[str, int | None]) -> str:
    """Put a manifest of objects that must be there; return its address."""
    entries = [
        {"url": url, "mandatory": True, "meta": {} if size is None else {"content_length": size}}
        for url, size in sizes.items()
    ]
    put(s3, address, json.dumps({"entries": entries}))
    return address


def get(s3: EmulatedS3, address: str) -> bytes:
    """Return an object."""
    bucket, key = parts(address)
    return bytes(s3.client.get_object(Bucket=bucket, Key=key)["Body"].read())


def addresses(s3: EmulatedS3, prefix: str) -> list[str]:
    """Return what stands below an address, without it."""
    bucket, key = parts(prefix)
    found = s3.client.list_objects_v2(Bucket=bucket, Prefix=key).get("Contents", [])
    return [one["Key"].removeprefix(key) for one in found]
