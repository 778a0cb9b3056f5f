"""The double itself: how it lets in, what of Redshift it has, and what it lets go wrong on demand."""

import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from threading import Thread

import pytest
import redshift_connector
import sqlalchemy as sa
from redshift_connector.error import InterfaceError, ProgrammingError

from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift_double.faults import Faults
from analytics_platform_tests.integration.redshift_double.proxy import Double

WRITER = """
import sys
import redshift_connector

host, port, database, user, password = sys.argv[1:]
connection = redshift_connector.connect(
    host=host, port=int(port), database=database, user=user, password=password, ssl=False
)
cursor = connection.cursor()
cursor.execute("lock table prices")
cursor.execute("insert into prices values (2)")
connection.commit()
"""


@pytest.fixture
def at(module_redshift: RedshiftServer) -> RedshiftServer:
    """Give a database with one table of one row."""
    make = ("create table prices (price_rate int)", "insert into prices values (1)")
    module_redshift.run("drop table if exists prices", *make)
    return module_redshift


@pytest.fixture
def connection(at: RedshiftServer) -> Iterator[redshift_connector.core.Connection]:
    with closing(at.connect()) as opened:
        yield opened


def psycopg2(at: RedshiftServer, password: str) -> sa.Engine:
    address = f"postgresql+psycopg2://{at.user}:{password}@{at.host}:{at.port}/{at.database}?sslmode=prefer"
    return sa.create_engine(address, poolclass=sa.NullPool)


@pytest.fixture
def faults(double: Double) -> Faults:
    return double.faults


def test_the_connector_logs_in_and_reads(redshift: RedshiftServer) -> None:
    assert redshift.run("select 1 + 1 as two, getdate() is not null, len('abc')") == [(2, True, 3)]


@pytest.mark.usefixtures("double")
def test_another_driver_logs_in_without_encryption(redshift: RedshiftServer) -> None:
    with psycopg2(redshift, redshift.password).connect() as connection:
        assert connection.execute(sa.text("select version() like '%Redshift%'")).scalar_one()


@pytest.mark.usefixtures("double")
def test_a_wrong_password_is_refused(redshift: RedshiftServer) -> None:
    """Asked by psycopg2: the connector leaves its socket open where it is refused."""
    told = f'password authentication failed for user "{redshift.user}"'
    with pytest.raises(sa.exc.OperationalError, match=told):
        psycopg2(redshift, "wrong").connect()


def test_errors_of_the_server_reach_the_client_and_it_goes_on(
    connection: redshift_connector.core.Connection,
) -> None:
    cursor = connection.cursor()
    with pytest.raises(ProgrammingError, match='relation "nothing" does not exist'):
        cursor.execute("select * from nothing")
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        cursor.execute("select 1")
    connection.rollback()
    assert cursor.execute("select price_rate from prices where price_rate = %s", (1,)).fetchall() == ([1],)


def test_truncate_commits(at: RedshiftServer, connection: redshift_connector.core.Connection) -> None:
    connection.cursor().execute("truncate table prices")
    connection.rollback()
    assert at.run("select count(*) from prices") == [(0,)]


def test_append_moves_rows_and_wants_no_transaction(
    at: RedshiftServer, connection: redshift_connector.core.Connection
) -> None:
    at.run("create table arrived (price_rate int)", "insert into arrived values (2)")
    with pytest.raises(ProgrammingError, match="ALTER TABLE APPEND cannot run inside a transaction block"):
        connection.cursor().execute("alter table prices append from arrived")
    at.run("alter table prices append from arrived")
    assert at.run("select (select sum(price_rate) from prices), (select count(*) from arrived)") == [(3, 0)]


def test_the_label_of_a_run_stands_beside_its_queries(at: RedshiftServer) -> None:
    at.run("set query_group to 'run 7'", "select 7 as seven")
    told = at.run(
        "select query_label, status from sys_query_history where query_text = 'select 7 as seven'",
    )
    assert told == [("run 7", "success")]


def test_a_reader_of_a_group_sees_what_the_group_may(at: RedshiftServer) -> None:
    group, user = f"readers_{at.database}", f"reader_{at.database}"
    at.run(
        f"create group {group}",
        f"create user {user} password 'Reading1' in group {group}",
        "create schema marts",
        "create table marts.values as select 1 as value_base",
        f"grant usage on schema marts to group {group}",
        f"grant select on all tables in schema marts to group {group}",
    )
    with closing(at.connect(user=user, password="Reading1")) as reader, reader.cursor() as cursor:  # noqa: S106 - a test's
        assert cursor.execute("select value_base from marts.values").fetchall() == ([1],)
        with pytest.raises(ProgrammingError, match="permission denied for table prices"):
            cursor.execute("select * from prices")


def test_error_1023_fails_the_transaction_once(
    at: RedshiftServer, connection: redshift_connector.core.Connection, faults: Faults
) -> None:
    faults.refuse("insert into prices")
    cursor = connection.cursor()
    cursor.execute("delete from prices")
    with pytest.raises(ProgrammingError) as refused:
        cursor.execute("insert into prices values (2)")
    told = refused.value.args[0]
    assert (told["C"], told["M"]) == ("XX000", "1023")
    assert told["D"].startswith("Serializable isolation violation on table - ")
    with pytest.raises(ProgrammingError, match="current transaction is aborted"):
        cursor.execute("insert into prices values (2)")
    connection.rollback()
    cursor.execute("insert into prices values (2)")
    connection.commit()
    assert at.run("select sum(price_rate) from prices") == [(3,)]


@pytest.mark.parametrize(("after", "rows"), [(False, 1), (True, 2)], ids=["before", "after"])
def test_a_connection_is_cut_before_or_after_the_commit(
    at: RedshiftServer,
    connection: redshift_connector.core.Connection,
    faults: Faults,
    *,
    after: bool,
    rows: int,
) -> None:
    connection.cursor().execute("insert into prices values (2)")
    faults.cut("^commit", after=after)
    with pytest.raises((InterfaceError, ConnectionError)):
        connection.commit()
    assert at.run("select count(*) from prices") == [(rows,)]


def test_transactions_that_conflict_are_error_1023(redshift: RedshiftServer, double: Double) -> None:
    at = replace(redshift, database=double.new_database(serializable=True))
    at.run("create table prices (price_rate int)")
    with closing(at.connect()) as one, closing(at.connect()) as other:
        for each in (one, other):
            each.cursor().execute("insert into prices select count(*) from prices")
        one.commit()
        with pytest.raises(ProgrammingError) as refused:
            other.commit()
    assert refused.value.args[0]["M"] == "1023"


def test_a_statement_is_late(at: RedshiftServer, faults: Faults) -> None:
    faults.delay("from prices", 0.3)
    began = time.monotonic()
    at.run("select * from prices")
    assert time.monotonic() - began > 0.3


def test_a_statement_waits_until_it_is_released(at: RedshiftServer, faults: Faults) -> None:
    pause = faults.pause("insert into prices")
    writer = Thread(target=at.run, args=("insert into prices values (2)",))
    writer.start()
    assert pause.reached.wait(30)
    assert at.run("select count(*) from prices") == [(1,)]
    pause.released.set()
    writer.join(30)
    assert at.run("select count(*) from prices") == [(2,)]


def test_a_killed_client_leaves_nothing(at: RedshiftServer, faults: Faults) -> None:
    pause = faults.pause("insert into prices")
    login = [at.host, str(at.port), at.database, at.user, at.password]
    with subprocess.Popen([sys.executable, "-c", WRITER, *login]) as writer:  # noqa: S603 - ours
        assert pause.reached.wait(60)
        writer.kill()
    pause.released.set()
    at.run("insert into prices values (3)")
    assert at.run("select price_rate from prices order by 1") == [(1,), (3,)]


def test_two_that_wait_for_each_other_are_a_deadlock(at: RedshiftServer) -> None:
    at.run("create table rates (rate int)")
    with closing(at.connect()) as one, closing(at.connect()) as other:
        one.cursor().execute("lock table prices")
        other.cursor().execute("lock table rates")
        told: list[str] = []

        def lock(of: redshift_connector.core.Connection, table: str) -> None:
            try:
                of.cursor().execute(f"lock table {table}")
            except ProgrammingError as fault:
                told.append(fault.args[0]["C"])
                of.rollback()

        waiting = [Thread(target=lock, args=case) for case in ((one, "rates"), (other, "prices"))]
        for thread in waiting:
            thread.start()
        for thread in waiting:
            thread.join(30)
        assert told == ["40P01"]
