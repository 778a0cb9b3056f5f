"""Reading Redshift: rows and types as DuckDB gives them, by cursor and by UNLOAD, and what goes wrong."""

import socket
import time
from contextlib import closing
from datetime import date
from decimal import Decimal

import polars as pl
import pytest
from polars.testing import assert_frame_equal

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.faults import RedshiftError, RedshiftLoginError
from analytics_platform.storage.redshift.login import RedshiftLogin
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift.staged_files import addresses
from analytics_platform_tests.integration.redshift_double.proxy import Double

ROWS = pl.DataFrame(
    {
        "business_date": [date(2024, 1, 2), date(2024, 1, 3), date(2024, 1, 4)],
        "instrument_id": ["O'Neill \\ ?", "é", None],
        "quantity": [Decimal("1.5"), Decimal("-999999999999.12345678"), None],
        "nav_base": [Decimal("123456789012345678901234567890.12345678"), Decimal(0), None],
        "price_rate": [0.1, None, 1e-300],
        "row_number": [1, 2**62, None],
        "is_open": [True, False, None],
    },
    schema_overrides={"quantity": pl.Decimal(20, 8), "nav_base": pl.Decimal(38, 8)},
)
TABLE = """create table marts.fct_values (
    business_date date, instrument_id varchar(64), quantity decimal(20, 8), nav_base decimal(38, 8),
    price_rate double precision, row_number bigint, is_open boolean
)"""
SESSIONS = (date(2024, 1, 2), date(2024, 1, 3))


@pytest.fixture
def at(empty_redshift: RedshiftServer) -> RedshiftServer:
    """Give a database with one mart."""
    empty_redshift.run("create schema marts", TABLE)
    with closing(empty_redshift.connect()) as connection, connection.cursor() as cursor:
        cursor.executemany("insert into marts.fct_values values (%s, %s, %s, %s, %s, %s, %s)", ROWS.rows())
        connection.commit()
    return empty_redshift


def test_a_relation_comes_with_the_types_of_its_columns(at: RedshiftServer) -> None:
    assert_frame_equal(at.warehouse().read("marts.fct_values").sort("business_date"), ROWS)


def test_columns_and_sessions_restrict_it(at: RedshiftServer) -> None:
    found = at.warehouse().read("marts.fct_values", ["row_number", "instrument_id"], SESSIONS)
    assert_frame_equal(found.sort("row_number"), ROWS[:2].select("row_number", "instrument_id"))


def test_what_is_large_comes_by_unload_and_leaves_nothing(at: RedshiftServer, s3: EmulatedS3) -> None:
    found = at.warehouse(rows_by_cursor=1).read("marts.fct_values", sessions=SESSIONS)
    assert_frame_equal(found.sort("business_date"), ROWS[:2])
    assert addresses(s3, at.staging) == []


def test_an_unload_of_no_rows_has_the_columns(at: RedshiftServer) -> None:
    with at.warehouse().unloaded("select * from marts.fct_values where row_number = ?", [-1]) as rows:
        assert_frame_equal(rows.collect(), ROWS.clear())


def test_values_are_bound_whatever_they_hold(at: RedshiftServer) -> None:
    sql = "select row_number from marts.fct_values where instrument_id = ?"
    assert at.warehouse().query(sql, ["O'Neill \\ ?"]).item() == 1
    with at.warehouse().unloaded(sql, ["O'Neill \\ ?"]) as rows:
        assert rows.collect().item() == 1


def test_a_missing_relation_is_named(at: RedshiftServer) -> None:
    with pytest.raises(RedshiftError, match=r"Redshift refused a query: .*marts.nothing.* does not exist"):
        at.warehouse().read("marts.nothing")


def test_a_missing_external_schema_is_named(at: RedshiftServer) -> None:
    with pytest.raises(RedshiftError, match=r"lake.prices.* does not exist"):
        at.warehouse().query("select * from lake.prices")


def test_a_name_that_is_none_never_reaches_the_server(at: RedshiftServer) -> None:
    with pytest.raises(ValueError, match="no name of a schema, table or column"):
        at.warehouse().read('marts."fct; drop table x"')


def test_wrong_credentials_are_told(at: RedshiftServer) -> None:
    login = RedshiftLogin(at.host, at.port, at.database, at.user, "wrong", tls=at.login.tls)
    with pytest.raises(RedshiftLoginError, match=r"cannot log in to Redshift at .* as .*: .*password"):
        RedshiftWarehouse(login, Exchange(at.staging, at.role)).query("select 1 as one")


def test_nobody_answers_is_told_in_time() -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        login = RedshiftLogin(
            "127.0.0.1", silent.getsockname()[1], "analytics", "me", "secret", tls="off", timeout_seconds=1
        )
        started = time.monotonic()
        with pytest.raises(RedshiftLoginError, match=r"127.0.0.1:\d+, database analytics as me: .*tim"):
            RedshiftWarehouse(login, Exchange("s3://nowhere/x"), retries=Retries(attempts=1)).query(
                "select 1 as one"
            )
        assert time.monotonic() - started < 30


def test_an_unreachable_host_is_told() -> None:
    login = RedshiftLogin("127.0.0.1", 1, "analytics", "me", "secret", tls="off", timeout_seconds=1)
    with pytest.raises(RedshiftLoginError, match=r"cannot log in to Redshift at 127.0.0.1:1"):
        RedshiftWarehouse(login, Exchange("s3://nowhere/x"), retries=Retries(attempts=1)).query("select 1")


def test_a_long_answer_outlives_the_timeout_of_connecting(at: RedshiftServer, double: Double) -> None:
    double.faults.delay("select 17", 2.5)
    assert at.warehouse(timeout_seconds=1).query("select 17 as n").item() == 17


@pytest.mark.parametrize("fault", ["refuse", "cut"])
def test_what_passes_by_is_asked_again(at: RedshiftServer, double: Double, fault: str) -> None:
    getattr(double.faults, fault)("select 18")
    assert at.warehouse().query("select 18 as n").item() == 18


def test_a_conflict_that_does_not_end_is_told(at: RedshiftServer, double: Double) -> None:
    double.faults.refuse("select 19", times=9)
    with pytest.raises(RedshiftError, match="Serializable isolation violation"):
        at.warehouse().query("select 19 as n")


def test_the_cost_of_a_run_can_be_found(at: RedshiftServer) -> None:
    at.warehouse(query_group="run 4f6a").query("select 20 as n")
    found = at.run("select count(*) from sys_query_history where query_label = 'run 4f6a'")
    assert found[0][0] > 0  # type: ignore[operator]
