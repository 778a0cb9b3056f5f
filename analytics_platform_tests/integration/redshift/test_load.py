"""Loading Redshift: a span of dates is replaced as a whole; what does not fit changes nothing."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from decimal import Decimal
from threading import Thread

import polars as pl
import pytest

from analytics_platform.storage.redshift.faults import LoadError, RedshiftLoginError, SchemaMismatchError
from analytics_platform.storage.redshift.loading import Span
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift.staged_files import addresses
from analytics_platform_tests.integration.redshift_double.proxy import Double

TABLE = """create table marts.fct_values (
    business_date date, instrument_id varchar(8), quantity decimal(20, 8), price_rate double precision
)"""
FIRST, SECOND = date(2024, 1, 2), date(2024, 1, 3)
SPAN = Span("business_date", FIRST, SECOND)
BEFORE = [(FIRST, "OLD", Decimal(1), 0.5), (date(2024, 1, 4), "KEPT", Decimal(2), None)]


def rows(*values: tuple[date, str | None, Decimal | None, float | None]) -> pl.DataFrame:
    """Return rows of the table."""
    schema = {
        "business_date": pl.Date(),
        "instrument_id": pl.String(),
        "quantity": pl.Decimal(20, 8),
        "price_rate": pl.Float64(),
    }
    return pl.DataFrame(values, schema=schema, orient="row")


GOOD = rows((FIRST, "é 'x'", Decimal("1.00000001"), 0.1), (SECOND, None, None, None))


@pytest.fixture
def at(empty_redshift: RedshiftServer) -> RedshiftServer:
    """Give a database with one mart that holds something."""
    empty_redshift.run(
        "create schema marts",
        TABLE,
        "insert into marts.fct_values values ('2024-01-02', 'OLD', 1, 0.5), ('2024-01-04', 'KEPT', 2, null)",
    )
    return empty_redshift


def stored(at: RedshiftServer) -> list[tuple[object, ...]]:
    """Return what the table holds."""
    return at.run("select * from marts.fct_values order by business_date, instrument_id")


def test_a_span_is_replaced_and_the_rest_stays(at: RedshiftServer, s3: EmulatedS3) -> None:
    assert at.loader().load("marts.fct_values", [GOOD[:1], GOOD[:0], GOOD[1:]], SPAN) == 2
    assert stored(at) == [*GOOD.rows(), BEFORE[1]]
    assert addresses(s3, at.staging) == []


def test_the_same_load_again_changes_nothing(at: RedshiftServer) -> None:
    for _ in range(2):
        at.loader().load("marts.fct_values", [GOOD], SPAN)
    assert stored(at) == [*GOOD.rows(), BEFORE[1]]


def test_no_rows_empty_the_span(at: RedshiftServer) -> None:
    assert at.loader().load("marts.fct_values", [], SPAN) == 0
    assert stored(at) == [BEFORE[1]]


@pytest.mark.parametrize(
    ("changed", "told"),
    [
        (
            GOOD.with_columns(pl.col("price_rate").cast(pl.Decimal(20, 8))),
            r"column price_rate: the table has double precision, the rows have decimal\(20, 8\)",
        ),
        (
            GOOD.with_columns(pl.col("quantity").cast(pl.Decimal(20, 2))),
            r"column quantity: the table has decimal\(20, 8\), the rows have decimal\(20, 2\)",
        ),
        (GOOD.drop("quantity"), r"column quantity: the table has decimal\(20, 8\), the rows have none"),
        (GOOD.with_columns(more=1), "column more: the table has none, the rows have integer"),
        (
            GOOD.select("business_date", "quantity", "instrument_id", "price_rate"),
            "the table has the order business_date, instrument_id, quantity, price_rate, the rows have",
        ),
    ],
    ids=["type", "scale", "missing", "too many", "order"],
)
def test_other_columns_are_refused_before_anything_is_sent(
    at: RedshiftServer, s3: EmulatedS3, changed: pl.DataFrame, told: str
) -> None:
    with pytest.raises(SchemaMismatchError, match=f"marts.fct_values cannot take the rows: .*{told}"):
        at.loader().load("marts.fct_values", [changed], SPAN)
    assert stored(at) == BEFORE
    assert addresses(s3, at.staging) == []


def test_a_missing_table_is_told(at: RedshiftServer) -> None:
    with pytest.raises(SchemaMismatchError, match=r"marts.nothing is not in this database"):
        at.loader().load("marts.nothing", [GOOD], SPAN)


def test_a_text_with_too_many_bytes_is_refused_with_its_row(at: RedshiftServer) -> None:
    long = rows((FIRST, "ok", None, None), (FIRST, "ééééé", None, None))
    with pytest.raises(LoadError, match=r"row 4 .* has 10 bytes in column instrument_id .* which takes 8"):
        at.loader().load("marts.fct_values", [GOOD, long], SPAN)
    assert stored(at) == BEFORE


def test_a_row_outside_the_span_is_refused(at: RedshiftServer) -> None:
    other = rows((FIRST, "in", None, None), (date(2024, 1, 4), "out", None, None))
    with pytest.raises(LoadError, match=r"row 2 .* has business_date 2024-01-04, outside of 2024-01-02 to"):
        at.loader().load("marts.fct_values", [other], SPAN)
    assert stored(at) == BEFORE


def test_a_row_without_a_date_is_refused(at: RedshiftServer) -> None:
    other = GOOD.with_columns(business_date=pl.lit(None, pl.Date()))
    with pytest.raises(LoadError, match=r"row 1 .* has business_date None"):
        at.loader().load("marts.fct_values", [other], SPAN)


@pytest.mark.parametrize("place", ["create temp table", "copy", "lock table", "delete from", "insert into"])
@pytest.mark.parametrize("fault", ["refuse", "cut"])
def test_what_passes_by_is_done_again_as_a_whole(
    at: RedshiftServer, double: Double, place: str, fault: str
) -> None:
    getattr(double.faults, fault)(place)
    assert at.loader().load("marts.fct_values", [GOOD], SPAN) == 2
    assert stored(at) == [*GOOD.rows(), BEFORE[1]]


@pytest.mark.parametrize("after", [False, True], ids=["before it", "after it"])
def test_a_connection_lost_at_the_commit_loads_once(
    at: RedshiftServer, double: Double, *, after: bool
) -> None:
    double.faults.cut("commit", after=after)
    assert at.loader().load("marts.fct_values", [GOOD], SPAN) == 2
    assert stored(at) == [*GOOD.rows(), BEFORE[1]]


@pytest.fixture
def vanishing(at: RedshiftServer, double: Double, s3: EmulatedS3) -> Iterator[None]:
    """Let the objects of a load vanish after the manifest was written, before COPY reads them."""
    pause = double.faults.pause("copy")

    def take_away() -> None:
        assert pause.reached.wait(30)
        for name in addresses(s3, at.staging):
            if name.endswith(".parquet"):
                bucket, _, prefix = at.staging.removeprefix("s3://").partition("/")
                s3.client.delete_object(Bucket=bucket, Key=prefix + name)
        pause.released.set()

    thread = Thread(target=take_away)
    thread.start()
    yield
    thread.join()


@pytest.mark.usefixtures("vanishing")
def test_an_object_that_vanished_is_told(at: RedshiftServer, s3: EmulatedS3) -> None:
    told = r"marts.fct_values is as it was: COPY of s3://.* failed: .*000000.parquet"
    with pytest.raises(LoadError, match=told):
        at.loader().load("marts.fct_values", [GOOD], SPAN)
    assert stored(at) == BEFORE
    assert addresses(s3, at.staging) == []


def test_the_loader_needs_its_login(at: RedshiftServer) -> None:
    loader = replace(at.loader(), login=replace(at.login, password="wrong"))  # noqa: S106 - it is wrong
    with pytest.raises(RedshiftLoginError, match="password"):
        loader.load("marts.fct_values", [GOOD], SPAN)
    assert stored(at) == BEFORE
