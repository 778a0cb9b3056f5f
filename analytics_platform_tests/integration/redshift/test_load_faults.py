"""Loaders beside each other, and killed ones: the table holds what one of them loaded, all of it, once."""

import os
import subprocess
import sys
from decimal import Decimal

import pytest

from analytics_platform_tests.integration.redshift.conftest import RedshiftServer
from analytics_platform_tests.integration.redshift.load_worker import ROWS
from analytics_platform_tests.integration.redshift_double.proxy import Double

TABLE = """create table marts.fct_values (
    business_date date, instrument_id varchar(8), quantity decimal(20, 8), price_rate double precision
)"""
HELD = "select quantity, count(*), count(distinct instrument_id) from marts.fct_values group by quantity"


@pytest.fixture
def at(empty_redshift: RedshiftServer) -> RedshiftServer:
    """Give a database with one mart that a loader has filled with 0."""
    if empty_redshift.double is None:
        pytest.skip("the workers log in by password without encryption: on the double only")
    empty_redshift.run("create schema marts", TABLE)
    assert worker(empty_redshift, 0).wait(120) == 0
    return empty_redshift


def worker(at: RedshiftServer, value: int, times: int = 1) -> subprocess.Popen[bytes]:
    """Start a loader of a value."""
    return subprocess.Popen(  # noqa: S603 - our own module
        [
            sys.executable,
            "-m",
            "analytics_platform_tests.integration.redshift.load_worker",
            *(at.host, str(at.port), at.database, at.user, at.password, at.staging, str(value), str(times)),
        ],
        env=dict(os.environ),  # noqa: TID251 - the address of emulated S3
        start_new_session=True,
    )


def held(at: RedshiftServer) -> list[tuple[object, ...]]:
    """Return the values in the table, how many rows hold each, and of how many instruments."""
    return at.run(HELD)


@pytest.mark.slow
def test_six_loaders_at_once_lose_and_double_nothing(at: RedshiftServer) -> None:
    workers = [worker(at, value, times=3) for value in range(1, 7)]
    assert [each.wait(300) for each in workers] == [0] * 6
    found = held(at)
    assert [row[1:] for row in found] == [(ROWS, ROWS)]
    assert found[0][0] in {Decimal(value) for value in range(1, 7)}


@pytest.mark.slow
@pytest.mark.parametrize("place", ["copy", "lock table", "delete from", "insert into", "commit"])
def test_a_killed_loader_leaves_old_or_new(at: RedshiftServer, double: Double, place: str) -> None:
    pause = double.faults.pause(place)
    killed = worker(at, 1)
    assert pause.reached.wait(120)
    killed.kill()
    killed.wait()
    pause.released.set()
    assert worker(at, 2).wait(120) == 0  # whatever the killed one held is free again
    assert held(at) == [(Decimal(2), ROWS, ROWS)]


@pytest.mark.slow
@pytest.mark.parametrize("place", ["insert into", "commit"])
def test_between_kill_and_next_load_the_table_is_whole(
    at: RedshiftServer, double: Double, place: str
) -> None:
    pause = double.faults.pause(place)
    killed = worker(at, 1)
    assert pause.reached.wait(120)
    killed.kill()
    killed.wait()
    pause.released.set()
    assert held(at) in ([(Decimal(0), ROWS, ROWS)], [(Decimal(1), ROWS, ROWS)])
