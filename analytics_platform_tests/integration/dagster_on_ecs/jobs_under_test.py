"""Jobs whose workers end in every way that a task of ECS can end. No test."""

import os
import signal
import time

import dagster as dg

from analytics_platform.defs.alerts import AlertFile, failed_runs

LAST_WORDS = "the worker says this before it dies"


def _is_retry(context: dg.OpExecutionContext) -> bool:
    return "dagster/retry_number" in context.run.tags


@dg.op
def work(context: dg.OpExecutionContext) -> None:
    """Do nothing, and say so where the compute log is."""
    print("worked", context.run_id)  # noqa: T201 - the compute log


@dg.op
def die_at_first(context: dg.OpExecutionContext) -> None:
    """Die like a process that is out of memory, unless this is a retry."""
    if not _is_retry(context):
        print(LAST_WORDS, flush=True)  # noqa: T201 - the log of the task
        os.write(2, f"{LAST_WORDS}\n".encode())
        time.sleep(0.5)
        os.kill(os.getpid(), signal.SIGKILL)


@dg.op
def die_always() -> None:
    """Die every time."""
    os.kill(os.getpid(), signal.SIGKILL)


@dg.op
def fail() -> None:
    """Fail, as bad data does."""
    message = "row 3 of prices.csv has no date"
    raise ValueError(message)


@dg.op
def leave() -> None:
    """End the process as if all were well, without an end of the run."""
    os._exit(0)


@dg.op
def wait_at_first(context: dg.OpExecutionContext) -> None:
    """Wait until somebody ends this, unless this is a retry."""
    if not _is_retry(context):
        time.sleep(600)


def _job(name: str, op: dg.OpDefinition, **tags: str) -> dg.JobDefinition:
    told = {key.replace("__", "/"): value for key, value in tags.items()}
    return dg.GraphDefinition(name=name, node_defs=[op]).to_job(
        name=name, executor_def=dg.in_process_executor, tags=told
    )


defs = dg.Definitions(
    jobs=[
        _job("works", work),
        _job("dies_at_first", die_at_first),
        _job("dies_always", die_always, dagster__max_retries="1"),
        _job("fails", fail),
        _job("leaves", leave, dagster__max_runtime="3", dagster__max_retries="0"),
        _job("waits", wait_at_first),
    ],
    sensors=[failed_runs],
    resources={"alerts": AlertFile(path=os.environ.get("ALERTS_UNDER_TEST", "alerts.jsonl"))},  # noqa: TID251 - told by the test
)
