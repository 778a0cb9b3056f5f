"""Connecting to Redshift: who, where, how it is encrypted, and how long to wait."""

import math
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any, Literal

import redshift_connector
from botocore.exceptions import BotoCoreError, ClientError
from redshift_connector.core import Connection
from redshift_connector.error import Error

from analytics_platform.storage.redshift.faults import RedshiftLoginError, told

Tls = Literal["verify-ca", "verify-full", "off"]

_QUERY_GROUP = re.compile(r"[\w .:/=,-]{1,320}")
_KEEP_ALIVE = {"tcp_keepalive": True, "tcp_keepalive_idle": 60, "tcp_keepalive_interval": 15}
_KEEP_ALIVE_PROBES = 4


@dataclass(frozen=True)
class RedshiftLogin:
    """How to log in.

    Attributes
    ----------
    host : str
        Address of the endpoint.
    port : int
        Its port.
    database : str
        Database that every connection opens.
    user, password : str or None
        A database user; with IAM the password is not needed.
    workgroup, cluster : str or None
        Serverless workgroup or provisioned cluster, whose temporary credentials IAM gives.
    tls : {"verify-ca", "verify-full", "off"}
        How the certificate of the server is checked. `off` is for a server on this machine.
    timeout_seconds : float
        Longest wait for the connection.
    """

    host: str
    port: int
    database: str
    user: str | None = None
    password: str | None = field(default=None, repr=False)
    workgroup: str | None = None
    cluster: str | None = None
    tls: Tls = "verify-full"
    timeout_seconds: float = 30.0

    def arguments(self) -> dict[str, Any]:
        """Return what the connector is called with."""
        return {
            "host": self.host,
            "port": self.port,
            "database": self.database,
            "timeout": math.ceil(self.timeout_seconds),
            "application_name": "analytics_platform",
            "tcp_keepalive_count": _KEEP_ALIVE_PROBES,
            **_KEEP_ALIVE,
            **self._encryption(),
            **self._credentials(),
        }

    def _encryption(self) -> Mapping[str, Any]:
        return {"ssl": False} if self.tls == "off" else {"ssl": True, "sslmode": self.tls}

    def _credentials(self) -> Mapping[str, Any]:
        if self.workgroup is not None:
            return {"iam": True, "is_serverless": True, "serverless_work_group": self.workgroup}
        if self.cluster is not None:
            return {"iam": True, "cluster_identifier": self.cluster, "db_user": self.user}
        return {"user": self.user, "password": self.password}


@contextmanager
def connected(login: RedshiftLogin, query_group: str = "analytics_platform") -> Iterator[Connection]:
    """Open a connection whose statements are each at once committed; close it at the end.

    Parameters
    ----------
    login : RedshiftLogin
        Who and where.
    query_group : str
        Label of all its statements in the system tables, so that cost can be told by run.

    Raises
    ------
    RedshiftLoginError
        If nobody answers, or the credentials are wrong.
    ValueError
        If the label has characters that a label must not have.
    """
    if not _QUERY_GROUP.fullmatch(query_group):
        message = f"a query group is 1 to 320 letters, digits and ' .:/=,-_', not {query_group!r}"
        raise ValueError(message)
    connection = _open(login)
    try:
        # The connector keeps the time-out of connecting for every answer: a long COPY would be cut off.
        connection._usock.settimeout(None)  # noqa: SLF001 - it has no public way
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"set query_group to '{query_group}'")
        yield connection
    finally:
        _close(connection)


def _open(login: RedshiftLogin) -> Connection:
    try:
        return redshift_connector.connect(**login.arguments())
    except (Error, OSError, ValueError, BotoCoreError, ClientError) as error:  # IAM asks AWS first
        _close_half_open(error)
        where = f"{login.host}:{login.port}, database {login.database}"
        who = login.user or login.workgroup or login.cluster
        message = (
            f"cannot log in to Redshift at {where} as {who}: {told(error)}; check ANALYTICS_REDSHIFT_HOST, "
            "_PORT, _DATABASE and the credentials, and that its security group lets this machine in"
        )
        raise RedshiftLoginError(message) from error


def _close_half_open(error: BaseException) -> None:
    """Close the socket of a login that failed: the connector leaves it to the garbage collector."""
    trace = error.__traceback__
    while trace is not None:
        half_open = getattr(trace.tb_frame.f_locals.get("self"), "_usock", None)
        if half_open is not None:
            half_open.close()
        trace = trace.tb_next


def _close(connection: Connection) -> None:
    try:
        connection.close()
    except (Error, OSError):
        return  # it was lost before: there is nothing left to close
