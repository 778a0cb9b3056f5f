"""A source dialect is read strictly; what cannot be is refused with file, section and key."""

from pathlib import Path

import pytest

from analytics_platform.ingestion.dialects.columns import Unpivot
from analytics_platform.ingestion.dialects.dialect import CANONICAL, Dialect
from analytics_platform.ingestion.dialects.sheets import SheetRule
from analytics_platform.ingestion.dialects.toml_files import DialectError, parse_dialects, read_dialects
from analytics_platform.ingestion.dialects.totals import Control

ECB = """
[fx_rates]
null_words = ["", "N/A"]
max_rejected_rows = 3
[fx_rates.columns]
business_date = "Date"
[fx_rates.constants]
base_currency = "EUR"
[fx_rates.unpivot]
names_to = "quote_currency"
values_to = "rate"
columns = { USD = "USD", GBP = "GBP" }
[prices]
delimiter = ";"
decimal_mark = ","
[prices.words.price_type]
"Schluss" = "close"
"""


def test_a_dialect_is_found_by_source_and_dataset(tmp_path: Path) -> None:
    (tmp_path / "ecb.toml").write_text(ECB, "utf-8")
    dialects = read_dialects(tmp_path)
    assert dialects.find("ecb", "fx_rates").headers_of("business_date") == ("Date",)
    assert dialects.find("ecb", "fx_rates").headers_of("rate") == ("rate",)
    assert dialects.find("ecb", "prices").words == {"price_type": {"Schluss": "close"}}


def test_the_canonical_form_holds_where_nothing_is_written(tmp_path: Path) -> None:
    (tmp_path / "ecb.toml").write_text(ECB, "utf-8")
    dialects = read_dialects(tmp_path)
    assert dialects.find("ecb", "positions") is CANONICAL
    assert dialects.find("other", "prices") is CANONICAL
    assert read_dialects(tmp_path / "nowhere").find("ecb", "prices") is CANONICAL


@pytest.mark.parametrize(
    ("toml", "message"),
    [
        ("[fx_rate]", "sources/x.toml, [fx_rate]: there is no such dataset; is one of these meant: fx_rates"),
        ("[prices]\nheader_rowz = 2", "'header_rowz' is not a key; did you mean 'header_row'?"),
        ("[prices]\nheader_row = '2'", "'header_row': Input should be a valid integer"),
        ("[prices]\nheader_row = 0", "'header_row': Input should be greater than or equal to 1"),
        (
            "[prices]\nencoding = 'cp437'",
            "'encoding': Input should be 'utf-8', 'utf-16', 'utf-16-le', 'utf-16-be'",
        ),
        (
            "[prices]\ndate_formats = ['%d/%m/%Y', '%m/%d/%Y']",
            "'02/01/1912' is 1912-01-02 by %d/%m/%Y and 1912-02-01 by %m/%d/%Y",
        ),
        ("[prices]\ndate_format = '%d/%m/%Y'\ndate_formats = ['%Y-%m-%d']", "are both given"),
        ("[prices]\ndate_epoch = 1905", "'date_epoch': Input should be 1900, 1904 or 'workbook'"),
        ("[prices]\ndate_epoch = 1900\ndate_format = '%d%m%y'", "a number could be a serial date"),
        ("[prices]\nsheet = { matching = 'a', position = 1 }", "give one of first_visible"),
        ("[prices]\nsheet = { matching = '(' }", "this is not a regular expression"),
        ("[prices]\ntotal_rows = '^Total'", "total_rows and total_columns must be given together"),
        ("[prices]\ncontrol = { rows = '^Summe' }", "it needs a group in round brackets"),
        (
            "[prices]\ncontrol = { sums = { currency = 'B2' } }",
            "control.sums: 'currency' is no decimal number",
        ),
        ("[prices]\ncontrol = {}", "it must say rows, sums or both"),
        ("[prices]\nscale = { close_local = '0' }", "it must be a positive decimal number as text"),
        ("[prices]\nscale = { close_local = '1', volume = 'x' }", "it must be a positive decimal number"),
        ("[prices]\npercent = ['volume']\nscale = { volume = '10' }", "'volume' is given twice"),
        ("[positions]\nminor_unit_columns = ['quantity']", "positions has no column currency"),
        ("[prices]\nminor_units = { GBX = ['pounds', '0.01'] }", "'minor_units.GBX.0'"),
        ("[prices]\ncolumns = { volume = [] }", "at least 1 item"),
        ("[fx_rates]\nunpivot = { names_to = 'quote_currency', values_to = 'rate' }", "either columns or"),
        ("[prices]\ndelimiter = ';;'", "'delimiter'"),
        ("[prices]\ndelimiter = 'é'", "'delimiter'"),
        ("[prices]\nignore_rows = '('", "'ignore_rows': this is not a regular expression"),
        ("[prices]\ndate_format = '%Y-%m'", "'date_format'"),
        ("[prices]\nthousands_mark = '.'", "decimal_mark and thousands_mark are the same"),
        ("[prices]\npercent = ['currency']", "percent: 'currency' is no decimal number"),
        ("[prices.columns]\nbussiness_date = 'x'", "did you mean 'business_date'?"),
        (
            "[prices.columns]\ncurrency = 'x'\n[prices.constants]\ncurrency = 'USD'",
            "'currency' is given twice",
        ),
        ("[fx_rates.unpivot]\nnames_to = 'x'\nvalues_to = 'rate'\ncolumns = {A = 'A'}", "unpivot: 'x'"),
        ("[fx_rates.unpivot]\nnames_to = 'rate'\nvalues_to = 'rate'\ncolumns = {A = 'A'}", "given twice"),
        ("prices = 1", "[prices]"),
        ("[prices", "sources/x.toml: "),
    ],
)
def test_a_dialect_that_cannot_be_is_refused_with_its_place(toml: str, message: str) -> None:
    with pytest.raises(DialectError) as error:
        parse_dialects("x", toml)
    assert message in str(error.value)
    assert str(error.value).startswith("sources/x.toml")


def test_a_dialect_survives_json() -> None:
    dialect = parse_dialects("ecb", ECB)["fx_rates"]
    assert Dialect.model_validate_json(dialect.model_dump_json()) == dialect


def test_date_formats_that_no_text_can_confuse_are_taken_together() -> None:
    dialect = parse_dialects("x", "[prices]\ndate_formats = ['%d.%m.%Y', '%Y-%m-%d', '%d/%m/%y']")["prices"]
    assert dialect.date_format == "%d.%m.%Y"
    assert dialect.date_forms == "%d.%m.%Y or %Y-%m-%d or %d/%m/%y"
    assert Dialect.model_validate_json(dialect.model_dump_json()) == dialect


def test_every_key_of_a_dialect_is_explained() -> None:
    for model in (Dialect, Unpivot, SheetRule, Control):
        explained = (model.__doc__ or "").split("Attributes")[1]
        names = [
            name
            for line in explained.splitlines()
            if " : " in line
            for name in line.split(" : ")[0].split(",")
        ]
        assert {name.strip() for name in names} == set(model.model_fields)


def test_a_dialect_with_every_key_survives_json() -> None:
    toml = """
[prices]
format = "csv"
sheet = { first_visible = true }
header_rows = 2
header_separator = "/"
thousands_mark = " "
date_epoch = 1904
scale = { open_local = "0.01" }
minor_unit_columns = ["close_local"]
minor_units = { Pence = ["GBP", "0.01"] }
total_rows = "^Total"
total_columns = ["volume"]
total_scope = "since_last"
control = { rows = "([0-9]+)", sums = { volume = "B2" } }
columns = { volume = ["Volume", "Vol."], currency = "Ccy" }
unpivot = { names_to = "instrument_id", values_to = "close_local", columns_matching = "US$" }
"""
    dialect = parse_dialects("x", toml)["prices"]
    assert Dialect.model_validate_json(dialect.model_dump_json()) == dialect
