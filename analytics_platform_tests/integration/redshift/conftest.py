"""Where the tests of Redshift run: on the cluster whose address is in the environment, else on the double."""

import os
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field, replace
from uuid import uuid4

import boto3
import pytest
import redshift_connector

from analytics_platform.storage.redshift.exchange import Exchange
from analytics_platform.storage.redshift.loading import RedshiftLoader
from analytics_platform.storage.redshift.login import RedshiftLogin
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.warehouse import ROWS_BY_CURSOR, RedshiftWarehouse
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.redshift_double.proxy import Double, running

_PREFIX = "ANALYTICS_TEST_REDSHIFT_"
_TIMEOUT_SECONDS = 60
QUICK = Retries(first_wait_seconds=0.01)
"""Waits that a test can bear."""


@dataclass(frozen=True)
class RedshiftServer:
    """Where Redshift is, or what stands for it.

    Attributes
    ----------
    host, port, database, user, password
        How to log in; the user may make databases, schemas and groups.
    staging : str
        ``s3://bucket/prefix/`` that COPY and UNLOAD may use.
    role : str
        Of COPY and UNLOAD: ``default`` or an ARN.
    iam : dict of str to str
        What the connector needs to log in by IAM; empty with a password.
    double : Double or None
        The double, for tests that look into it or let it fail.
    """

    host: str
    port: int
    database: str
    user: str
    password: str = field(repr=False)
    staging: str
    role: str
    iam: dict[str, str]
    double: Double | None

    @property
    def tls(self) -> bool:
        """Whether the connection is encrypted: the double refuses that."""
        return self.double is None

    @property
    def login(self) -> RedshiftLogin:
        """How the product logs in."""
        return RedshiftLogin(
            host=self.host,
            port=self.port,
            database=self.database,
            user=self.user or None,
            password=self.password or None,
            workgroup=self.iam.get("serverless_work_group"),
            cluster=self.iam.get("cluster_identifier"),
            tls="verify-full" if self.tls else "off",
        )

    def warehouse(
        self,
        *,
        rows_by_cursor: int = ROWS_BY_CURSOR,
        query_group: str = "tests",
        timeout_seconds: float = _TIMEOUT_SECONDS,
    ) -> RedshiftWarehouse:
        """Return the warehouse of the product on it, impatient between attempts."""
        return RedshiftWarehouse(
            replace(self.login, timeout_seconds=timeout_seconds),
            Exchange(self.staging, self.role),
            query_group,
            QUICK,
            rows_by_cursor,
        )

    def loader(self, query_group: str = "tests") -> RedshiftLoader:
        """Return the loader of the product on it, impatient between attempts."""
        return RedshiftLoader(self.login, Exchange(self.staging, self.role), query_group, QUICK)

    def connect(
        self, *, user: str | None = None, password: str | None = None, timeout: int = _TIMEOUT_SECONDS
    ) -> redshift_connector.core.Connection:
        """Connect with the real connector, by default as the owner of everything."""
        login = {"user": user or self.user, "password": password or self.password}
        return redshift_connector.connect(
            host=self.host,
            port=self.port,
            database=self.database,
            ssl=self.tls,
            timeout=timeout,
            **({"iam": True, **self.iam} if self.iam else login),
        )

    def run(self, *statements: str) -> list[tuple[object, ...]]:
        """Run statements, each at once its own transaction; return the rows of the last."""
        with closing(self.connect()) as connection:
            connection.autocommit = True
            with connection.cursor() as cursor:
                for statement in statements:
                    cursor.execute(statement)
                if cursor.description is None:
                    return []
                return [tuple(row) for row in cursor.fetchall()]

    def with_new_database(self) -> "RedshiftServer":
        """Return the same server with an empty database."""
        if self.double is not None:
            return replace(self, database=self.double.new_database())
        name = f"analytics_test_{uuid4().hex[:12]}"
        self.run(f"create database {name}")
        return replace(self, database=name)


@pytest.fixture(scope="session")
def redshift(request: pytest.FixtureRequest) -> Iterator[RedshiftServer]:
    """Give the cluster of the environment, or start the double over PostgreSQL and emulated S3 and Glue."""
    given = {
        name.removeprefix(_PREFIX).lower(): value
        for name, value in os.environ.items()  # noqa: TID251 - the address of a cluster is no setting
        if name.startswith(_PREFIX)
    }
    if "host" in given:
        yield _cluster(given)
        return
    s3 = request.getfixturevalue("s3")
    server = request.getfixturevalue("postgres")
    glue = boto3.client("glue", endpoint_url=s3.client.meta.endpoint_url)
    with running(server, s3.client, glue) as double:
        yield RedshiftServer(
            host=double.login.host,
            port=double.login.port,
            database=double.new_database(),
            user=double.login.user,
            password=double.login.password,
            staging=f"s3://{s3.new_bucket(versioning=None)}/staging/",
            role="default",
            iam={},
            double=double,
        )


@pytest.fixture
def empty_redshift(redshift: RedshiftServer) -> Iterator[RedshiftServer]:
    """Give an empty database of the same server, and a prefix of its own for staging."""
    with _new_database(redshift) as own:
        yield own


@pytest.fixture(scope="module")
def module_redshift(redshift: RedshiftServer) -> Iterator[RedshiftServer]:
    """Give a database that the tests of one file share."""
    with _new_database(redshift) as own:
        yield own


@pytest.fixture(scope="session")
def redshift_s3(request: pytest.FixtureRequest, redshift: RedshiftServer) -> EmulatedS3:
    """Give the S3 that Redshift reads and writes: emulated for the double, else that of the environment."""
    if redshift.double is None:
        return EmulatedS3(boto3.client("s3"))
    emulated: EmulatedS3 = request.getfixturevalue("s3")
    return emulated


@pytest.fixture
def double(redshift: RedshiftServer) -> Iterator[Double]:
    """Give the double itself; a cluster lets nothing fail on demand."""
    if redshift.double is None:
        pytest.skip("only the double lets statements fail on demand")
    yield redshift.double
    redshift.double.faults.clear()


@contextmanager
def _new_database(redshift: RedshiftServer) -> Iterator[RedshiftServer]:
    own = redshift.with_new_database()
    yield replace(own, staging=f"{redshift.staging}{own.database}/")
    if own.double is None:
        redshift.run(f"drop database {own.database}")


def _cluster(given: dict[str, str]) -> RedshiftServer:
    names = {
        "iam_workgroup": "serverless_work_group",
        "iam_cluster": "cluster_identifier",
        "iam_region": "region",
    }
    return RedshiftServer(
        host=given["host"],
        port=int(given.get("port", "5439")),
        database=given["database"],
        user=given.get("user", ""),
        password=given.get("password", ""),
        staging=given["staging"].rstrip("/") + "/",
        role=given.get("role", "default"),
        iam={names[name]: value for name, value in given.items() if name in names},
        double=None,
    )
