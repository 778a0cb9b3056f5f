"""Benchmark `aws`: from upload to published result on the emulated cloud, by stage."""

import json
import tempfile
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import polars as pl

from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.storage.ledger.task_tokens import TaskToken
from analytics_platform.storage.ledger.token_store import TokenStore
from benchmarks.aws_stack import LANDING, Stack, running_stack, wait_for
from benchmarks.result import Measured, Result, without_peer

_PRICES = "prices/exchange_2013-03-01.csv"
_MOST_EVENTS = 1000

Moment = tuple[str, datetime]


def _corrected(share: float) -> bytes:
    """Return the prices of the last session of the demo, each of them changed."""
    rows = pl.read_csv(Settings().sample_data / "1_first" / _PRICES, infer_schema=False)
    prices = pl.col("Open", "High", "Low", "Close").cast(pl.Float64) * (1 + share)
    return rows.with_columns(prices.round(4).cast(pl.String)).write_csv().encode()


def _ended(stack: Stack, version: str) -> dict[str, Any] | None:
    """Return the execution that was started for a version, once it has ended.

    Raises
    ------
    RuntimeError
        If it did not end well.
    """
    steps = stack.client("stepfunctions")
    for each in stack.executions():
        told: dict[str, Any] = steps.describe_execution(executionArn=each["executionArn"])
        if version not in told["input"] or told["status"] == "RUNNING":
            continue
        if told["status"] == "SUCCEEDED":
            return told
        message = f"the upload ended as {told['status']}: {told.get('error')}: {told.get('cause')}"
        raise RuntimeError(message)
    return None


def _token_of(stack: Stack, execution: str) -> TaskToken:
    """Return the token with which an execution waited."""
    history = stack.client("stepfunctions").get_execution_history(
        executionArn=execution, maxResults=_MOST_EVENTS
    )
    scheduled = [event.get("taskScheduledEventDetails") for event in history["events"]]
    (asked,) = [each for each in scheduled if each and each["resourceType"] == "sqs"]
    body = json.loads(asked["parameters"])["MessageBody"]
    told = body if isinstance(body, dict) else json.loads(body)
    store = TokenStore(stack.at.settings.ledger_url)
    token = store.get(told["token"])
    store.close()
    if token is None or token.answered_at is None:
        message = f"the token of {execution} is not in the ledger as answered"
        raise RuntimeError(message)
    return token


def _moments(stack: Stack, share: float) -> list[Moment]:
    """Put a file; return when each stage was over, in order."""
    put_at = datetime.now(UTC)
    version = stack.client("s3").put_object(Bucket=LANDING, Key=_PRICES, Body=_corrected(share))["VersionId"]
    found: list[dict[str, Any]] = []

    def has_ended() -> bool:
        execution = _ended(stack, version)
        found.extend([] if execution is None else [execution])
        return execution is not None

    wait_for(has_ended)
    execution = found[0]
    token = _token_of(stack, execution["executionArn"])
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
        ("token answered", token.answered_at or put_at),
        ("execution ended", execution["stopDate"].astimezone(UTC)),
    ]


def measure(*, is_quick: bool) -> Measured:
    """Correct a session of the demo by an upload, and split the time until everything is told."""
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), is_demo=True) as stack:
        if not is_quick:
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
    return Measured(
        (total, *results),
        (
            (
                "`analytics local-aws up`: moto over HTTP, and every task of ECS a process on this machine, "
                "which all share. Sensors look every 5 seconds there, on AWS every 30 by default; real "
                "Fargate adds its own start of a task. A corrected price file of the last session of the "
                "demo, whose whole chain is computed anew; once, after one that warmed up. Each stage "
                "begins where the one above it ends; one below 0 has overtaken it."
            ),
        ),
    )
