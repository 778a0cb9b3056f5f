"""A file that would replace good rows by nothing, and a constant beside a column of the same name."""

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from pydantic import ValidationError

from analytics_platform.ingestion.child.child import ParsedDelivery, ParsingChild
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused
from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform_tests.unit.ingestion.deliveries import PRICE_HEADER, PRICE_ROW, prices_csv

NAME = parse_file_name("prices/vendor_2013-02-28.csv")
BAD_ROW = PRICE_ROW.replace("AAPL", "?")
DOLLARS = {"currency": "USD"}

Parse = Callable[[bytes, Dialect], ParsedDelivery]


@pytest.fixture(scope="module")
def child() -> Iterator[ParsingChild]:
    with ParsingChild() as started:
        yield started


@pytest.fixture
def parse(child: ParsingChild, tmp_path: Path) -> Parse:
    def run(raw: bytes, dialect: Dialect) -> ParsedDelivery:
        path = tmp_path / "delivered"
        path.write_bytes(raw)
        return child.parse(path, NAME, dialect, tmp_path)

    return run


@pytest.mark.parametrize("bad", [1, 2, 30])
def test_a_file_without_a_right_row_is_refused_whatever_is_allowed(parse: Parse, bad: int) -> None:
    with pytest.raises(DeliveryRefused, match=f"no row of the file is right: {bad} were rejected") as refused:
        parse(prices_csv(*[BAD_ROW] * bad), Dialect(max_rejected_rows=30))
    first, second = refused.value.findings[:2]
    assert first.row is None
    assert (second.row, second.column) == (2, "instrument_id")
    assert len(refused.value.findings) <= 20
    assert refused.value.total > bad
    assert refused.value.counts is not None
    assert (refused.value.counts.accepted, refused.value.counts.rejected) == (0, bad)


def test_a_file_of_ignored_and_wrong_rows_is_refused_too(parse: Parse) -> None:
    with pytest.raises(DeliveryRefused, match="no row of the file is right: 1 were rejected"):
        parse(prices_csv(BAD_ROW, "Total,,,,,,,,"), Dialect(max_rejected_rows=1, ignore_rows="^Total"))


def test_above_the_limit_the_rows_alone_tell_it(parse: Parse) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        parse(prices_csv(BAD_ROW), Dialect())
    assert [finding.row for finding in refused.value.findings] == [2]


def test_one_rejected_row_above_the_limit_refuses_the_whole_file(parse: Parse) -> None:
    raw = prices_csv(BAD_ROW, BAD_ROW, PRICE_ROW)
    with pytest.raises(DeliveryRefused) as refused:
        parse(raw, Dialect(max_rejected_rows=1))
    assert refused.value.counts is not None
    assert (refused.value.counts.accepted, refused.value.counts.rejected) == (1, 2)
    assert parse(raw, Dialect(max_rejected_rows=2)).counts.accepted == 1


def test_one_right_row_is_enough(parse: Parse) -> None:
    found = parse(prices_csv(BAD_ROW, PRICE_ROW), Dialect(max_rejected_rows=1))
    assert (found.counts.accepted, found.counts.rejected) == (1, 1)


def test_a_file_of_no_rows_is_no_fault_of_its_own(parse: Parse) -> None:
    assert parse(prices_csv(), Dialect()).counts.read == 0


def test_a_constant_beside_a_column_of_its_name_refuses_the_file(parse: Parse) -> None:
    told = (
        "column 'currency': the dialect gives the constant 'USD' for currency, and the file has a column "
        "'currency' of its own. Take the constant out of the dialect, or name the column in ignore_columns"
    )
    with pytest.raises(DeliveryRefused, match=told):
        parse(prices_csv(PRICE_ROW.replace("USD", "EUR")), Dialect(constants=DOLLARS))


def test_every_such_constant_is_told(parse: Parse) -> None:
    with pytest.raises(DeliveryRefused) as refused:
        parse(prices_csv(PRICE_ROW), Dialect(constants={**DOLLARS, "price_type": "close"}))
    assert [finding.column for finding in refused.value.findings] == ["currency", "price_type"]


def test_a_column_that_means_something_else_is_ignored_without_a_note(parse: Parse) -> None:
    dialect = Dialect(constants=DOLLARS, ignore_columns=("currency",))
    found = parse(prices_csv(PRICE_ROW.replace("USD", "EUR")), dialect)
    assert found.counts.accepted == 1
    assert found.notes == ()


def test_only_the_named_headers_give_no_note(parse: Parse) -> None:
    raw = f"{PRICE_HEADER},desk,trader\n{PRICE_ROW},a,b\n".encode()
    assert parse(raw, Dialect(ignore_columns=("desk",))).notes == ("column 'trader' is not used",)


def test_a_header_that_gives_another_column_may_be_called_like_a_constant(parse: Parse) -> None:
    raw = b"business_date,instrument_id,price_type,currency\n2013-02-28,EQ_A,10.5,USD\n"
    dialect = Dialect(constants={"price_type": "close"}, columns={"close_local": "price_type"})
    assert parse(raw, dialect).counts.accepted == 1


def test_an_ignored_column_is_not_there_for_the_table(parse: Parse) -> None:
    found = parse(prices_csv(PRICE_ROW), Dialect(ignore_columns=("volume",)))
    assert found.notes == ("column 'volume' is not delivered and stays empty",)
    with pytest.raises(DeliveryRefused, match="there is no column 'currency'; the file has") as refused:
        parse(prices_csv(PRICE_ROW), Dialect(ignore_columns=("currency",)))
    assert "'currency' meant" not in str(refused.value)


@pytest.mark.parametrize(
    "key",
    [
        {"columns": {"currency": "Ccy"}},
        {"columns": {"currency": ["Currency", "Ccy"]}},
        {"unpivot": {"names_to": "price_type", "values_to": "close_local", "columns": {"Ccy": "close"}}},
    ],
)
def test_a_header_is_not_both_used_and_ignored(key: dict[str, object]) -> None:
    with pytest.raises(ValidationError, match="ignore_columns names a header that columns or unpivot use"):
        Dialect.model_validate({"ignore_columns": ["Ccy"], **key})
