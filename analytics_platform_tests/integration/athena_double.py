"""Stands for Athena: moto's API over HTTP, DuckDB behind it. It is DuckDB, not Athena. No test.

It runs UNLOAD over tables of Glue whose Parquet objects stand in S3, each query in a thread, as Athena does:
parameters replace question marks as text, partition keys are columns, ``$path`` is the object, timestamps of
Parquet have milliseconds, no rows write no object. That Athena reads this SQL, only Athena can prove.
"""

import io
import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import boto3
import duckdb
import polars as pl
import pytest
import sqlglot
from moto.athena.models import AthenaBackend, Execution
from moto.athena.responses import AthenaResponse
from pyiceberg.table import StaticTable
from sqlglot import exp

Raw = dict[str, Any]
"""What the clients return; they have no types."""

_UNLOAD = re.compile(
    r"\s*unload\s*\((?P<query>.*)\)\s*to\s*'s3://(?P<bucket>[^/']+)/(?P<prefix>[^']*)'\s*"
    r"with\s*\(\s*format\s*=\s*'PARQUET'\s*(,\s*compression\s*=\s*'\w+'\s*)?\)\s*",
    re.DOTALL | re.IGNORECASE,
)
_TYPES: dict[str, pl.DataType] = {
    "string": pl.String(),
    "date": pl.Date(),
    "boolean": pl.Boolean(),
    "bigint": pl.Int64(),
    "double": pl.Float64(),
    "timestamp": pl.Datetime("us", "UTC"),
    "decimal(20,8)": pl.Decimal(20, 8),
}


class QueryFailedError(RuntimeError):
    """Athena ends the query as FAILED; the text is its reason."""


@dataclass
class AthenaDouble:
    """What tests see and do behind the API.

    Attributes
    ----------
    may_run : Event
        Queries wait for it in state RUNNING; it is set unless a test clears it.
    looks : dict of str to int
        How often a query was asked for, by its id.
    """

    may_run: threading.Event = field(default_factory=threading.Event)
    looks: dict[str, int] = field(default_factory=dict)
    _threads: list[threading.Thread] = field(default_factory=list)
    _reasons: dict[str, str] = field(default_factory=dict)

    def begin(self, execution: Execution, parameters: list[str] | None) -> None:
        """Run a query in a thread of its own."""
        execution._transitions = []  # noqa: SLF001 - its states follow the thread, not the number of looks
        execution.status = "RUNNING"
        thread = threading.Thread(target=self._run, args=(execution, parameters or []), daemon=True)
        self._threads.append(thread)
        thread.start()

    def reason(self, id_: str) -> str:
        """Return why a query failed."""
        return self._reasons.get(id_, "")

    def settle(self) -> None:
        """Wait for the threads of all queries."""
        self.may_run.set()
        for thread in self._threads:
            thread.join(timeout=60)

    def _run(self, execution: Execution, parameters: list[str]) -> None:
        self.may_run.wait(60)
        if execution.status != "RUNNING":
            return
        try:
            context: Raw = dict(execution.context)  # type: ignore[arg-type]  # moto says str
            _unload(execution.query, parameters, context["Database"])
        except Exception as error:  # noqa: BLE001 - whatever it is, Athena tells it as the reason
            self._reasons[execution.id] = f"{type(error).__name__}: {error}"
            execution.status = "FAILED"
        else:
            execution.status = "SUCCEEDED"


@contextmanager
def executing_athena() -> Iterator[AthenaDouble]:
    """Let the emulated Athena of this process run what it is asked."""
    double = AthenaDouble()
    double.may_run.set()
    original_start = AthenaBackend.start_query_execution
    original_get = AthenaResponse.get_query_execution

    def start(backend: AthenaBackend, *given: Any, **named: Any) -> str:  # noqa: ANN401 - moto's own
        id_ = original_start(backend, *given, **named)
        execution = backend.executions[id_]
        double.begin(execution, execution.execution_parameters)
        return id_

    def get(response: AthenaResponse) -> str:
        told: Raw = json.loads(original_get(response))
        query: Raw = told["QueryExecution"]
        double.looks[query["QueryExecutionId"]] = double.looks.get(query["QueryExecutionId"], 0) + 1
        query["Status"]["StateChangeReason"] = double.reason(query["QueryExecutionId"])
        return json.dumps(told)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(AthenaBackend, "start_query_execution", start)
        patch.setattr(AthenaResponse, "get_query_execution", get)
        try:
            yield double
        finally:
            double.settle()


def _unload(statement: str, parameters: list[str], database: str) -> None:
    found = _UNLOAD.fullmatch(_with_values(statement, parameters))
    if found is None:
        message = "the double runs UNLOAD to Parquet only"
        raise QueryFailedError(message)
    s3 = boto3.client("s3")
    if s3.list_objects_v2(Bucket=found["bucket"], Prefix=found["prefix"]).get("KeyCount"):
        message = f"HIVE_PATH_ALREADY_EXISTS: s3://{found['bucket']}/{found['prefix']} is not empty"
        raise QueryFailedError(message)
    rows = _result(found["query"], database)
    for number, part in enumerate(rows.iter_slices(max(1, -(-rows.height // 2)))):
        memory = io.BytesIO()
        part.write_parquet(memory, compression="snappy")
        key = f"{found['prefix'].rstrip('/')}/2026_00000_{number}"  # Athena gives no suffix
        s3.put_object(Bucket=found["bucket"], Key=key, Body=memory.getvalue())


def _with_values(statement: str, parameters: list[str]) -> str:
    """Put the parameters, which are SQL, where the question marks stand."""
    marks = [token for token in sqlglot.tokenize(statement) if token.token_type.name == "PLACEHOLDER"]
    if len(marks) != len(parameters):
        message = f"INVALID_PARAMETER_USAGE: {len(marks)} expected, {len(parameters)} given"
        raise QueryFailedError(message)
    for mark, value in reversed(list(zip(marks, parameters, strict=True))):
        statement = statement[: mark.start] + value + statement[mark.end + 1 :]
    return statement


def _result(query: str, database: str) -> pl.DataFrame:
    tree = sqlglot.parse_one(query, read="athena")
    with duckdb.connect() as connection:
        connection.execute("set timezone = 'UTC'")
        for name in {table.name for table in tree.find_all(exp.Table)}:
            connection.register(name, _table(database, name))
        return connection.execute(tree.sql(dialect="duckdb")).pl()


def _table(database: str, name: str) -> pl.DataFrame:
    """Return what stands where Glue says that a table stands."""
    glue = boto3.client("glue")
    try:
        told: Raw = glue.get_table(DatabaseName=database, Name=name)["Table"]
    except glue.exceptions.EntityNotFoundException as error:
        message = f"TABLE_NOT_FOUND: Table 'awsdatacatalog.{database}.{name}' does not exist"
        raise QueryFailedError(message) from error
    if told.get("Parameters", {}).get("table_type") == "ICEBERG":
        iceberg = StaticTable.from_metadata(
            told["Parameters"]["metadata_location"],
            {"s3.endpoint": boto3.client("s3").meta.endpoint_url, "s3.region": "us-east-1"},
        )
        return pl.DataFrame(iceberg.scan().to_arrow())
    columns = {each["Name"]: _TYPES[each["Type"]] for each in told["StorageDescriptor"]["Columns"]}
    keys = [each["Name"] for each in told.get("PartitionKeys", ())]
    places: list[tuple[str, list[str]]] = [(told["StorageDescriptor"]["Location"], [])]
    if keys:
        pages = glue.get_paginator("get_partitions").paginate(DatabaseName=database, TableName=name)
        found = [each for page in pages for each in page["Partitions"]]
        places = [(each["StorageDescriptor"]["Location"], each["Values"]) for each in found]
    schema = {**columns, "$path": pl.String(), **dict.fromkeys(keys, pl.Date())}
    frames = [pl.DataFrame(schema=schema)]
    for place, values in places:
        constants = [pl.lit(value).str.to_date().alias(key) for key, value in zip(keys, values, strict=True)]
        frames += [rows.with_columns(constants) for rows in _objects(place, columns)]
    whole = pl.concat(frames)
    times = [column for column, kind in columns.items() if isinstance(kind, pl.Datetime)]
    return whole.with_columns(pl.col(times).dt.truncate("1ms").dt.replace_time_zone(None))


def _objects(place: str, columns: dict[str, pl.DataType]) -> Iterator[pl.DataFrame]:
    """Yield the rows of each object; columns are found by name, and have the type that Glue says."""
    s3 = boto3.client("s3")
    bucket, _, prefix = place.removeprefix("s3://").partition("/")
    for page in s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix):
        for entry in page.get("Contents", ()):
            with s3.get_object(Bucket=bucket, Key=entry["Key"])["Body"] as body:
                rows = pl.read_parquet(io.BytesIO(body.read()))
            wrong = [name for name, kind in columns.items() if rows.schema.get(name, kind) != kind]
            if wrong:
                message = f"HIVE_BAD_DATA: {entry['Key']}: {', '.join(wrong)} has another type than the table"
                raise QueryFailedError(message)
            given = [
                pl.col(name) if name in rows.columns else pl.lit(None, kind).alias(name)
                for name, kind in columns.items()
            ]
            yield rows.select(*given, pl.lit(f"s3://{bucket}/{entry['Key']}").alias("$path"))
