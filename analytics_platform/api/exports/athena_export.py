"""Exports by Athena over the lake in S3: started, polled, stopped, and the result fetched."""

import re
import uuid
from collections.abc import Collection, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import polars as pl
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.api.exports.athena_query import (
    KNOWN_AT,
    STAMP,
    NotInSqlError,
    statement_of,
    unload_of,
)
from analytics_platform.api.exports.engine import (
    RUNNING,
    Bounds,
    EngineError,
    Progress,
    too_many_bytes,
    too_many_rows,
)
from analytics_platform.api.exports.files_of_rows import TooManyRowsError, write_rows

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
_UNFINISHED = {"QUEUED", "RUNNING"}
_STAMP = STAMP.replace("%f", "%6f")
"""As Polars wants it: six digits without a point before them."""

_SAFE_LOCATION = re.compile(r"s3://[a-z0-9.-]+(/[A-Za-z0-9._=-]+)*/?")

Raw = dict[str, Any]
"""What the clients return; they have no types."""


@dataclass(frozen=True)
class _Running:
    request: ExportRequest
    target: Path
    bounds: Bounds
    location: str


class AthenaExport:
    """Engine over tables of the Glue catalogue.

    Address and credentials come from the usual variables of the AWS clients. What a query may scan is
    bounded by the workgroup (``BytesScannedCutoffPerQuery``), which ends it by itself.

    Parameters
    ----------
    database : str
        Database of the catalogue that holds the tables of the lake.
    workgroup : str
        Where the query runs, and what it may cost.
    location : str
        ``s3://bucket/prefix`` under which results stand until they are fetched. Give it a rule that deletes
        what is a day old: a process that dies leaves its result behind.
    iceberg_tables : collection of str
        Tables of the lake that are Iceberg tables.

    Raises
    ------
    ValueError
        If the location could end the text that it stands in.
    """

    def __init__(
        self, database: str, workgroup: str, location: str, *, iceberg_tables: Collection[str] = ()
    ) -> None:
        if not _SAFE_LOCATION.fullmatch(location):
            message = f"{location!r} is no place of results: write it as s3://bucket/prefix"
            raise ValueError(message)
        self._database = database
        self._iceberg_tables = frozenset(iceberg_tables)
        self._workgroup = workgroup
        self._location = location.rstrip("/")
        self._athena = boto3.client("athena", config=_CONFIG)
        self._s3 = boto3.client("s3", config=_CONFIG)
        self._running: dict[str, _Running] = {}
        self._ended: set[str] = set()

    def start(self, request: ExportRequest, target: Path, bounds: Bounds) -> str:
        """Start the query.

        Raises
        ------
        EngineError
            If the table cannot be asked for in SQL, or Athena cannot be reached.
        """
        token = uuid.uuid4().hex
        location = f"{self._location}/{token}/"
        try:
            has_keys = request.table not in self._iceberg_tables
            statement = unload_of(statement_of(request, bounds.rows, has_keys=has_keys), location)
        except NotInSqlError as error:
            raise EngineError(str(error)) from error
        with _told():
            started: Raw = self._athena.start_query_execution(
                QueryString=statement.sql,
                ExecutionParameters=statement.literals(),
                ClientRequestToken=token,
                QueryExecutionContext={"Database": self._database},
                ResultConfiguration={"OutputLocation": f"{self._location}/manifests/"},
                WorkGroup=self._workgroup,
            )
        handle = str(started["QueryExecutionId"])
        self._running[handle] = _Running(request, target, bounds, location)
        return handle

    def poll(self, handle: str) -> Progress:
        """Tell where the query stands; once it has ended, fetch its result.

        Raises
        ------
        EngineError
            If Athena or S3 cannot be reached.
        """
        running = self._running[handle]
        with _told():
            answer: Raw = self._athena.get_query_execution(QueryExecutionId=handle)
        status: Raw = answer["QueryExecution"]["Status"]
        if status["State"] not in _UNFINISHED:
            self._ended.add(handle)
        match status["State"]:
            case "QUEUED" | "RUNNING":
                return RUNNING
            case "SUCCEEDED":
                return self._fetched(running)
            case state:
                reason = f"Athena ended the query as {state}: {_reason(status)}; ask for fewer days, or again"
                return Progress("failure", reason=reason)

    def cancel(self, handle: str) -> None:
        """Stop the query if it runs, and delete what it has written."""
        running = self._running.pop(handle, None)
        if running is None:
            return
        with _told():
            if handle not in self._ended:
                self._athena.stop_query_execution(QueryExecutionId=handle)
            self._ended.discard(handle)
            bucket, _ = _split(running.location)
            for key, _ in self._objects(running.location):
                self._s3.delete_object(Bucket=bucket, Key=key)

    def _fetched(self, running: _Running) -> Progress:
        parts = running.target.with_suffix(".parts")
        parts.mkdir()
        bucket, _ = _split(running.location)
        try:
            with _told():
                objects = list(self._objects(running.location))
                if sum(size for _, size in objects) > running.bounds.bytes_:
                    return Progress("failure", reason=too_many_bytes(running.bounds))
                for number, (key, _) in enumerate(objects):
                    self._s3.download_file(bucket, key, str(parts / f"{number}.parquet"))
            rows = _rows(parts, running.request)
            n_rows = write_rows(rows, running.target, running.request.form, running.bounds.rows)
        except TooManyRowsError:
            return Progress("failure", reason=too_many_rows(running.bounds))
        finally:
            for part in parts.iterdir():
                part.unlink()
            parts.rmdir()
        return Progress("success", rows=n_rows)

    def _objects(self, location: str) -> Iterator[tuple[str, int]]:
        bucket, prefix = _split(location)
        for page in self._s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                yield str(entry["Key"]), int(entry["Size"])


def _rows(parts: Path, request: ExportRequest) -> pl.LazyFrame:
    """Return the rows that were written, as the contract types them; of no rows UNLOAD writes no file."""
    schema = request.contract.lake_columns
    kinds = {name: schema[name] for name in request.fields}
    if not any(parts.iterdir()):
        return pl.LazyFrame(schema=kinds)
    rows = pl.scan_parquet(parts / "*.parquet")
    return rows.select(
        pl.col(name).str.to_datetime(_STAMP, time_unit="us", time_zone="UTC")
        if name == KNOWN_AT
        else pl.col(name).cast(kinds[name])
        for name in kinds
    )


def _split(location: str) -> tuple[str, str]:
    bucket, _, prefix = location.removeprefix("s3://").partition("/")
    return bucket, prefix


def _reason(status: Raw) -> str:
    return str(status.get("StateChangeReason", "no reason is given"))


@contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except (BotoCoreError, ClientError) as error:
        message = "Athena or S3 cannot be reached, or refuses: look at the role of the API, then ask again"
        raise EngineError(message) from error
