"""The ledger's database on a real PostgreSQL server that has none: RDS makes only that of Dagster."""

import os
import subprocess
import sys
import uuid
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import sqlalchemy as sa

from analytics_platform.storage.ledger.creation import create_database
from analytics_platform.storage.ledger.database import LedgerError
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform_tests.integration.dagster_on_ecs.shipped import DOCKER, database_environment
from analytics_platform_tests.integration.postgres import PostgresServer


@pytest.fixture
def missing(postgres: PostgresServer) -> str:
    """Address of a database that the server does not have, with a name that needs quotes."""
    return postgres.url(f"ledger-{uuid.uuid4().hex}")


@pytest.fixture
def password(monkeypatch: pytest.MonkeyPatch) -> str:
    """Password of users: other tests let this server ask for one."""
    word = uuid.uuid4().hex
    monkeypatch.setenv("PGPASSWORD", word)
    return word


def _user(postgres: PostgresServer, rights: str, password: str) -> str:
    name = f"platform_{uuid.uuid4().hex}"
    engine = sa.create_engine(postgres.url("postgres"), isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(sa.text(f"create role {name} login {rights} password '{password}'"))
    engine.dispose()
    return name


def test_a_database_that_is_missing_is_made_once_and_a_ledger_opens_in_it(missing: str) -> None:
    assert create_database(missing)
    ledger = Ledger(missing)
    assert not ledger.entries()
    ledger.close()
    assert not create_database(missing)


def test_of_8_that_make_it_at_once_none_fails(missing: str) -> None:
    with ThreadPoolExecutor(8) as threads:
        assert any(list(threads.map(create_database, [missing] * 8)))
    assert not create_database(missing)


def test_a_user_who_may_not_is_told_in_one_line_what_to_do(
    postgres: PostgresServer, missing: str, password: str
) -> None:
    user, name = _user(postgres, "nocreatedb", password), sa.make_url(missing).database
    with pytest.raises(LedgerError) as raised:
        create_database(missing.replace("postgres@", f"{user}@"))
    assert str(raised.value) == (
        f"the ledger's database {name} is not there and cannot be created: permission denied to create "
        f"database; create it as a user who may: create database {name} owner {user}"
    )


def test_a_user_who_may_make_databases_needs_no_more(
    postgres: PostgresServer, missing: str, password: str
) -> None:
    """As RDS gives it to the user that it makes, who is no superuser."""
    address = missing.replace("postgres@", f"{_user(postgres, 'createdb', password)}@")
    assert create_database(address)
    Ledger(address).close()


def test_a_server_that_cannot_be_reached_is_told_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(
        LedgerError, match=r"^the server of the ledger cannot be used: [^\n]+ PGSSLMODE"
    ) as raised:
        create_database(f"postgresql://platform@/ledger?host={tmp_path}")
    assert "\n" not in str(raised.value)


def test_a_file_of_sqlite_is_left_to_the_ledger(tmp_path: Path) -> None:
    assert not create_database(f"sqlite:///{tmp_path / 'ledger.sqlite'}")
    assert not list(tmp_path.iterdir())


def test_prepare_makes_the_database_of_the_ledger_beside_that_of_dagster(
    postgres: PostgresServer, missing: str, tmp_path: Path
) -> None:
    environment = {
        "PATH": os.defpath,
        "HOME": str(tmp_path),
        "ANALYTICS_HOME": str(tmp_path),
        "ANALYTICS_LEDGER_URL": missing,
        "ANALYTICS_DAGSTER_TEMPLATE": str(DOCKER / "dagster.compose.yaml"),
        **database_environment(postgres.new_database()),
    }
    command = [sys.executable, "-m", "analytics_platform.cli", "service", "prepare", "--migrate"]
    done = subprocess.run(  # noqa: S603 - our own
        command, env=environment, capture_output=True, text=True, timeout=120, check=False
    )
    assert done.returncode == 0, done.stderr
    assert not create_database(missing), "it was there"
