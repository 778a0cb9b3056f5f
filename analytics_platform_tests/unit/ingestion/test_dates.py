"""Dates are read by exactly the formats and the epoch of the dialect."""

from datetime import date

import polars as pl
import pytest

from analytics_platform.ingestion.dialects.dates import to_dates
from analytics_platform.ingestion.dialects.dialect import Dialect

MIXED = Dialect.model_validate({"date_formats": ["%d.%m.%Y", "%Y-%m-%d"]})


@pytest.mark.parametrize(
    ("text", "dialect", "expected"),
    [
        ("28.02.2013", MIXED, date(2013, 2, 28)),
        ("2013-02-28", MIXED, date(2013, 2, 28)),
        ("02/28/2013", MIXED, None),
        ("+2013-02-28", MIXED, None),
        ("30.02.2013", MIXED, None),
        ("28.02.1799", MIXED, None),
        ("28.02.2300", MIXED, None),
        ("41333", MIXED, None),
        ("41333", Dialect(date_epoch=1900), date(2013, 2, 28)),
        ("39871", Dialect(date_epoch=1904), date(2013, 2, 28)),
        ("61", Dialect(date_epoch=1900), date(1900, 3, 1)),
        ("60", Dialect(date_epoch=1900), None),
        ("0", Dialect(date_epoch=1904), date(1904, 1, 1)),
        ("41333.5", Dialect(date_epoch=1900), None),
        ("-41333", Dialect(date_epoch=1900), None),
        ("999999", Dialect(date_epoch=1900), None),
        ("2013-02-28", Dialect(date_epoch=1900), date(2013, 2, 28)),
        ("41333", Dialect(date_epoch="workbook"), None),
    ],
)
def test_a_text_is_a_date_by_its_dialect_or_none(text: str, dialect: Dialect, expected: date | None) -> None:
    assert to_dates(pl.Series([text, None]), dialect).to_list() == [expected, None]
