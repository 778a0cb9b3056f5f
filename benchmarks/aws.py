"""Benchmark `aws`: from upload to published result by stage, and a burst of uploads, on the emulated cloud."""

import json
import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import polars as pl

from analytics_platform.calendars.sessions import calendar
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.storage.ledger.task_tokens import TaskToken
from analytics_platform.storage.ledger.token_store import TokenStore
from benchmarks.aws_stack import LANDING, Stack, running_stack, wait_for
from benchmarks.result import Measured, Result, below, without_peer

_UPLOADS, _QUICK_UPLOADS = 1000, 20
_MOST_RUNS = 3
_LAST = date(2013, 3, 1)
_PRICES = "prices/exchange_2013-03-01.csv"
_SENDERS = 8
_ROWS = 20

_HEADERS = {
    "prices": "business_date,instrument_id,price_type,close_local,currency",
    "curve_quotes": "business_date,curve_id,tenor,quote_type,rate",
}
_ROW = {"prices": "{day},EQ_{n:03},close,{n}.25,USD", "curve_quotes": "{day},USD_{n},10Y,par_yield,0.0{n:02}"}

Moment = tuple[str, datetime]


def _corrected(share: float) -> bytes:
    """Return the prices of the last session of the demo, each of them changed."""
    rows = pl.read_csv(Settings().sample_data / "1_first" / _PRICES, infer_schema=False)
    close = pl.col("Close").cast(pl.Float64) * (1 + share)
    return rows.with_columns(close.round(4).cast(pl.String)).write_csv().encode()


def _token_of(stack: Stack, version: str) -> TaskToken | None:
    """Return the token that waits, or waited, for a version."""
    told = [each for each in stack.executions() if each["status"] == "SUCCEEDED"]
    steps = stack.client("stepfunctions")
    for each in told:
        described = steps.describe_execution(executionArn=each["executionArn"])
        if version in described["input"]:
            return _kept(stack, each["executionArn"])
    return None


def _kept(stack: Stack, execution: str) -> TaskToken | None:
    history = stack.client("stepfunctions").get_execution_history(executionArn=execution, maxResults=_UPLOADS)
    for event in history["events"]:
        scheduled = event.get("taskScheduledEventDetails")
        if scheduled and scheduled["resourceType"] == "sqs":
            body = json.loads(scheduled["parameters"])["MessageBody"]
            told = body if isinstance(body, dict) else json.loads(body)
            store = TokenStore(stack.at.settings.ledger_url)
            try:
                return store.get(told["token"])
            finally:
                store.close()
    return None


def _execution_of(stack: Stack, token: TaskToken) -> dict[str, Any]:
    told: dict[str, Any] = stack.client("stepfunctions").describe_execution(executionArn=token.execution)
    return told


def _moments(stack: Stack, share: float) -> list[Moment]:
    """Put a file; return when each stage was over, in order."""
    put_at = datetime.now(UTC)
    version = stack.client("s3").put_object(Bucket=LANDING, Key=_PRICES, Body=_corrected(share))["VersionId"]
    wait_for(lambda: _token_of(stack, version) is not None)
    token = _token_of(stack, version)
    if token is None or token.answered_at is None:
        message = f"the token of version {version} was not answered"
        raise RuntimeError(message)
    execution = _execution_of(stack, token)
    run_id = json.loads(execution["output"])["run_id"]
    with stack.ledger() as ledger, stack.instance() as instance:
        changes = {each.to_state: each.at for each in ledger.history(_PRICES, version)}
        record = instance.get_run_record_by_id(run_id)
        steps = {each.step_key: each.end_time for each in instance.get_run_step_stats(run_id)}
    if record is None or record.start_time is None or record.end_time is None:
        message = f"Dagster does not know how run {run_id} went"
        raise RuntimeError(message)
    published = max(end for step, end in steps.items() if end is not None and "extract" in step)
    return [
        ("put", put_at),
        ("event: execution started", execution["startDate"].astimezone(UTC)),
        ("routed: token in the ledger", token.received_at),
        ("run asked for", record.create_timestamp.replace(tzinfo=record.create_timestamp.tzinfo or UTC)),
        ("run started, a process of its own", datetime.fromtimestamp(record.start_time, UTC)),
        ("file loaded", changes[State.LOADED]),
        ("result published", datetime.fromtimestamp(published, UTC)),
        ("run finished", datetime.fromtimestamp(record.end_time, UTC)),
        ("token answered", token.answered_at),
        ("execution ended", execution["stopDate"].astimezone(UTC)),
    ]


def _stages(folder: Path) -> Measured:
    """Correct a session of the demo by an upload, and split the time until everything is told."""
    home = folder / "stages"
    home.mkdir()
    with running_stack(home, is_demo=True, changed={}) as stack:
        _moments(stack, 0.01)  # the first run also fills caches of files and bytecode
        moments = dict(_moments(stack, 0.02))
    at = list(moments.values())
    names = list(moments)
    results = [
        without_peer(f"upload, stage: {name}", (end - begin).total_seconds(), "s")
        for name, begin, end in zip(names[1:], at[:-1], at[1:], strict=True)
    ]
    whole = (moments["result published"] - at[0]).total_seconds()
    run = moments["run finished"] - moments["run started, a process of its own"]
    total = Result("upload to published result", whole, "the run alone", run.total_seconds(), "s")
    return Measured((total, *results))


def _files(sessions: Sequence[date]) -> dict[str, bytes]:
    """Return one small file a table and session."""
    found = {}
    for table, header in _HEADERS.items():
        for day in sessions:
            rows = [_ROW[table].format(day=day, n=n) for n in range(1, _ROWS + 1)]
            found[f"{table}/vendor_{day}.csv"] = "\n".join([header, *rows, ""]).encode()
    return found


def _burst(folder: Path, count: int) -> Measured:
    """Put many files at once into an empty installation; wait until the ledger has all of them as loaded."""
    home, sources = folder / "burst", folder / "sources"
    home.mkdir()
    sources.mkdir()
    wanted = count // len(_HEADERS)
    files = _files(calendar("XNYS").sessions(date(2008, 1, 2), _LAST)[-wanted:])
    with running_stack(home, is_demo=False, changed={"ANALYTICS_SOURCES": str(sources)}) as stack:
        s3, before = stack.client("s3"), stack.definitions()

        def loaded() -> int:
            with stack.ledger() as ledger:
                return len(ledger.entries(states=[State.LOADED]))

        def put(file: tuple[str, bytes]) -> None:
            s3.put_object(Bucket=LANDING, Key=file[0], Body=file[1])

        with ThreadPoolExecutor(_SENDERS) as senders:
            begun = datetime.now(UTC)
            list(senders.map(put, files.items()))
        all_put = (datetime.now(UTC) - begun).total_seconds()
        wait_for(lambda: loaded() == len(files))
        wall = (datetime.now(UTC) - begun).total_seconds()
        wait_for(lambda: len(stack.executions()) == len(files))
        wait_for(lambda: all(each["status"] != "RUNNING" for each in stack.executions()))
        answered = (datetime.now(UTC) - begun).total_seconds()
        failed = [each["name"] for each in stack.executions() if each["status"] != "SUCCEEDED"]
        definitions = stack.definitions() - before
        with stack.instance() as instance:
            runs = len(instance.get_runs())
    if failed:
        message = f"{len(failed)} of {len(files)} executions did not succeed, such as {failed[0]}"
        raise RuntimeError(message)
    told = f"burst of {len(files):,} uploads"
    return Measured(
        (
            without_peer(f"{told}: runs", float(runs), "runs", below(_MOST_RUNS + 1)),
            without_peer(f"{told}: new task definitions", float(definitions), "definitions", below(1)),
            without_peer(f"{told}: until all are put", all_put, "s"),
            Result(f"{told}: until all are loaded", wall, "putting them", all_put, "s"),
            Result(f"{told}: until all executions have ended", answered, "putting them", all_put, "s"),
        )
    )


def measure(*, is_quick: bool) -> Measured:
    """Follow one upload, then a burst, each on a cloud of its own."""
    count = _QUICK_UPLOADS if is_quick else _UPLOADS
    with tempfile.TemporaryDirectory() as folder:
        stages, burst = _stages(Path(folder)), _burst(Path(folder), count)
    return Measured(
        (*stages.results, *burst.results),
        (
            (
                "`analytics local-aws up`: moto over HTTP, and every task of ECS a process on this machine, "
                "which all share. Sensors look every 5 seconds there, every 30 by default on AWS: that is the "
                "largest part of what does not belong to the run, and real Fargate adds its own start of a "
                "task. The stages are those of a corrected price file of the last session of the demo, whose "
                "whole chain is computed anew; once, after one that warmed up. Each stage begins where the one "
                "above it ends; one below 0 has overtaken another."
            ),
            (
                f"The burst is {count:,} small CSV files of {_ROWS} rows, one a table and session. Each starts "
                "an execution of `on_upload` with a function in a process of its own, and all are loaded by "
                "runs in tasks of ECS. Checked: every version is loaded, every execution has succeeded."
            ),
        ),
    )
