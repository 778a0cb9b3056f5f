"""Benchmark `uploads`: a thousand uploads at once through EventBridge, Step Functions, queues and ECS."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, date, datetime
from pathlib import Path

from analytics_platform.calendars.sessions import calendar
from analytics_platform.storage.ledger.ledger import State
from benchmarks.aws_stack import LANDING, running_stack, wait_for
from benchmarks.result import Measured, Result, below, without_peer

_UPLOADS, _QUICK_UPLOADS = 1000, 20
_MOST_RUNS = 3
_LAST = date(2013, 3, 1)
_SENDERS = 8
_ROWS = 20

_HEADERS = {
    "prices": "business_date,instrument_id,price_type,close_local,currency",
    "curve_quotes": "business_date,curve_id,tenor,quote_type,rate",
}
_ROW = {"prices": "{day},EQ_{n:03},close,{n}.25,USD", "curve_quotes": "{day},USD_{n},10Y,par_yield,0.0{n:02}"}


def _files(sessions: Sequence[date]) -> dict[str, bytes]:
    """Return one small file a table and session."""
    found = {}
    for table, header in _HEADERS.items():
        for day in sessions:
            rows = [_ROW[table].format(day=day, n=n) for n in range(1, _ROWS + 1)]
            found[f"{table}/vendor_{day}.csv"] = "\n".join([header, *rows, ""]).encode()
    return found


def measure(*, is_quick: bool) -> Measured:
    """Put many files at once into an empty installation; wait until the ledger has all of them as loaded."""
    wanted = (_QUICK_UPLOADS if is_quick else _UPLOADS) // len(_HEADERS)
    files = _files(calendar("XNYS").sessions(date(2008, 1, 2), _LAST)[-wanted:])
    with tempfile.TemporaryDirectory() as folder, running_stack(Path(folder), is_demo=False) as stack:
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
        ),
        (
            (
                f"{len(files):,} small CSV files of {_ROWS} rows, one a table and session, on `analytics "
                "local-aws up`. Each starts an execution of `on_upload` with a function in a process of its "
                "own, all on this machine; the runs are tasks of ECS, processes here too. Checked: every "
                "version is loaded, every execution has succeeded."
            ),
        ),
    )
