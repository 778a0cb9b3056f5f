"""A source dialect is read strictly; what cannot be is refused with file, section and key."""

from pathlib import Path

import pytest

from analytics_platform.ingestion.dialect import (
    CANONICAL,
    Dialect,
    DialectError,
    parse_dialects,
    read_dialects,
)

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
    assert dialects.find("ecb", "fx_rates").header_of("business_date") == "Date"
    assert dialects.find("ecb", "fx_rates").header_of("rate") == "rate"
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
        ("[prices]\nheader_rows = 2", "'header_rows' is not a key; did you mean 'header_row'?"),
        ("[prices]\nheader_row = '2'", "'header_row': Input should be a valid integer"),
        ("[prices]\nheader_row = 0", "'header_row': Input should be greater than or equal to 1"),
        ("[prices]\nencoding = 'cp1252'", "'encoding': Input should be 'utf-8', 'utf-16' or 'latin-1'"),
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
