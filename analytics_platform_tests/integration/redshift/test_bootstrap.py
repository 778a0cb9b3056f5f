"""Making Redshift ready: done twice as once, readers read what dbt builds later, and faults are told."""

from collections.abc import Iterator
from contextlib import closing
from dataclasses import dataclass, replace
from uuid import uuid4

import boto3
import pytest
from redshift_connector.error import ProgrammingError
from typer.testing import CliRunner

from analytics_platform import settings as settings_module
from analytics_platform.cli.warehouse import warehouse_app
from analytics_platform.storage.redshift.bootstrap import SCHEMAS, Plan, bootstrap
from analytics_platform.storage.redshift.faults import RedshiftError
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift.conftest import QUICK, RedshiftServer
from analytics_platform_tests.integration.redshift_double.proxy import Double

PASSWORD = "Reader1reader"  # noqa: S105 - of a database that lives for one test


@dataclass(frozen=True)
class Place:
    """An empty database, a catalogue of its own, and names that nobody else on the server has."""

    at: RedshiftServer
    bucket: str
    plan: Plan

    def bootstrap(self, *, dry_run: bool = False) -> list[str]:
        """Run what is tested."""
        return bootstrap(self.at.login, self.plan, dry_run=dry_run, retries=QUICK)

    def schemas(self) -> set[object]:
        """Return the schemas that are ours."""
        rows = self.at.run("select nspname from pg_namespace")
        return {row[0] for row in rows} & {*SCHEMAS, "lake"}


@pytest.fixture
def place(empty_redshift: RedshiftServer, redshift_s3: EmulatedS3) -> Place:
    if empty_redshift.double is None:
        pytest.skip("makes groups, users and catalogues: on the double only")
    bucket = redshift_s3.new_bucket(versioning=None)
    name = f"bootstrap_{uuid4().hex[:12]}"
    boto3.client("glue").create_database(DatabaseInput={"Name": name})
    return Place(empty_redshift, bucket, Plan(name, f"readers_{name}"))


def test_a_dry_run_changes_nothing(place: Place) -> None:
    assert f'create group "{place.plan.readers}"' in place.bootstrap(dry_run=True)
    assert place.schemas() == set()


def test_done_twice_it_is_as_done_once(place: Place) -> None:
    first, second = place.bootstrap(), place.bootstrap()
    assert [each for each in first if each.startswith("create")] == first[: len(SCHEMAS) + 2]
    assert second == first[len(SCHEMAS) + 2 :]
    assert place.schemas() == {*SCHEMAS, "lake"}
    shown = place.at.run("select schemaname, databasename from svv_external_schemas")
    assert shown == [("lake", place.plan.catalog_database)]


def test_readers_read_what_is_built_later_and_change_nothing(place: Place) -> None:
    place.bootstrap()
    user = f"reader_{uuid4().hex[:12]}"
    place.at.run(
        f"create user {user} password '{PASSWORD}'",
        f"alter group {place.plan.readers} add user {user}",
        "create table marts.fct_values as select 1 as value",
    )
    with closing(place.at.connect(user=user, password=PASSWORD)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute("select value from marts.fct_values")
            assert cursor.fetchall() == ([1],)
            with pytest.raises(ProgrammingError, match="permission denied"):
                cursor.execute("delete from marts.fct_values")


@pytest.mark.parametrize("fault", ["refuse", "cut"])
def test_what_passes_by_is_done_again(place: Place, double: Double, fault: str) -> None:
    getattr(double.faults, fault)('create schema "marts"')
    assert place.bootstrap()
    assert place.schemas() == {*SCHEMAS, "lake"}


def test_who_may_not_is_told_which_statement(place: Place) -> None:
    user = f"nobody_{uuid4().hex[:12]}"
    place.at.run(f"create user {user} password '{PASSWORD}'")
    login = replace(place.at.login, user=user, password=PASSWORD)
    with pytest.raises(
        RedshiftError, match=r"Redshift refused `.*`: permission denied .*run this again as a user who may"
    ):
        bootstrap(login, place.plan, retries=QUICK)
    assert place.schemas() == set()


def test_another_catalogue_is_refused_and_nothing_is_changed(place: Place) -> None:
    place.bootstrap()
    with pytest.raises(RedshiftError, match=r"shows the catalogue database .*, not other"):
        bootstrap(place.at.login, replace(place.plan, catalog_database="other"), retries=QUICK)


@pytest.fixture
def _aws(place: Place, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Give the settings of the profile aws for the place."""
    given = {
        "PROFILE": "aws",
        "LAKE_URL": f"s3://{place.bucket}/lake",
        "STAGING_URL": place.at.staging,
        "CATALOG_DATABASE": f"{place.plan.catalog_database}_new",
        "REDSHIFT_HOST": place.at.host,
        "REDSHIFT_PORT": str(place.at.port),
        "REDSHIFT_DATABASE": place.at.database,
        "REDSHIFT_USER": place.at.user,
        "REDSHIFT_PASSWORD": place.at.password,
        "REDSHIFT_TLS": "off",
        "REDSHIFT_READERS": place.plan.readers,
    }
    for name, value in given.items():
        monkeypatch.setenv(f"ANALYTICS_{name}", value)
    settings_module.settings.cache_clear()
    yield
    settings_module.settings.cache_clear()


@pytest.mark.usefixtures("_aws")
def test_the_command_makes_catalogue_and_schemas(place: Place) -> None:
    dry = CliRunner().invoke(warehouse_app, ["bootstrap", "--dry-run"])
    assert (dry.exit_code, place.schemas()) == (0, set())
    assert 'create schema "marts";' in dry.output
    assert "`analytics warehouse bootstrap` runs them" in dry.output
    done = CliRunner().invoke(warehouse_app, ["bootstrap"])
    assert (done.exit_code, place.schemas()) == (0, {*SCHEMAS, "lake"})
    assert place.at.run("select count(*) from lake.prices") == [(0,)]
    assert place.at.password not in dry.output + done.output


@pytest.mark.usefixtures("_aws")
def test_the_command_tells_a_wrong_password(place: Place, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANALYTICS_REDSHIFT_PASSWORD", "wrong")
    settings_module.settings.cache_clear()
    refused = CliRunner().invoke(warehouse_app, ["bootstrap"])
    assert (refused.exit_code, place.schemas()) == (2, set())
    assert f"cannot log in to Redshift at {place.at.host}:{place.at.port}" in refused.output


def test_the_local_profile_needs_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("ANALYTICS_PROFILE", raising=False)
    settings_module.settings.cache_clear()
    refused = CliRunner().invoke(warehouse_app, ["bootstrap"])
    assert refused.exit_code == 2
    assert "ANALYTICS_PROFILE is local: DuckDB needs no bootstrap" in refused.output
