"""Closing tokens: every open one is compared with ledger and runs, and its task is told."""

import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import groupby

import dagster as dg

from analytics_platform.defs.triggers.decisions import (
    AskForRun,
    Decision,
    Fail,
    GoOn,
    RunSeen,
    Succeed,
    decision,
)
from analytics_platform.defs.triggers.runs_seen import runs_of_keys, why_failed
from analytics_platform.storage.ledger.ledger import Entry
from analytics_platform.storage.ledger.task_tokens import Answer, TaskToken
from analytics_platform.storage.ledger.token_store import KEPT, TokenStore
from analytics_platform.storage.step_functions import StepFunctionsError, TaskTokens

HEARTBEAT_AFTER = timedelta(seconds=25)
"""A waiting task is told that it goes on at the first tick after this: twice a minute, as a rule."""

_SHOWN = 5
_TELLERS = 8
_TOGETHER = 64
"""Tasks that are told side by side, and then marked in one transaction."""


@dataclass
class Closed:
    """What became of the open tokens.

    Attributes
    ----------
    to_ask : list of TaskToken
        Those for whose runs Dagster is to be asked.
    answered : int
        Tasks that were told how they ended.
    waiting : int
        Tasks that wait on.
    gone : list of TaskToken
        Tasks that waited no longer when they were told.
    trouble : str or None
        Why some could not be told now.
    """

    to_ask: list[TaskToken] = field(default_factory=list)
    answered: int = 0
    waiting: int = 0
    gone: list[TaskToken] = field(default_factory=list)
    trouble: str | None = None

    @property
    def warnings(self) -> list[str]:
        """What a person should know."""
        told = []
        if self.gone:
            executions = sorted({token.execution for token in self.gone})
            told.append(
                f"{len(self.gone)} tasks waited no longer; what was begun for them goes on: "
                f"{', '.join(executions[:_SHOWN])}"
            )
        return [*told, self.trouble] if self.trouble is not None else told


Told = tuple[TaskToken, Decision, bool | None]
"""A token, what its task was told, and whether somebody waited for it; None if it could not be told."""


@dataclass(frozen=True)
class Closing:
    """Tells waiting tasks how they ended, or that they go on.

    Telling comes before marking, so after a crash a task may be told twice, which it does not notice.

    Attributes
    ----------
    instance : DagsterInstance
        Knows the runs.
    store : TokenStore
        Knows tokens and files.
    tasks : TaskTokens
        Tells the tasks.
    max_attempts : int
        So many runs are asked for a file.
    """

    instance: dg.DagsterInstance
    store: TokenStore
    tasks: TaskTokens
    max_attempts: int

    def close(self, seconds: float) -> Closed:
        """Tell every task what there is to tell, as far as time allows: ends before heartbeats."""
        start, closed = time.monotonic(), Closed()
        decided = self._decided(self.store.open())
        ends = [each for each in decided if isinstance(each[1], Succeed | Fail)]
        beats = [each for each in decided if isinstance(each[1], GoOn | AskForRun)]
        closed.waiting = len(beats)
        due = [each for each in beats if _is_due(*each)]
        with ThreadPoolExecutor(_TELLERS) as tellers:
            for together in _slices([*ends, *due]):
                if closed.trouble is not None or time.monotonic() - start > seconds:
                    break
                self._mark(list(tellers.map(self._teller(closed), together)), closed)
        gone = {token.digest for token in closed.gone}
        to_ask = [token for token, found in decided if isinstance(found, AskForRun)]
        closed.to_ask = [token for token in to_ask if token.digest not in gone]
        if closed.answered:
            self.store.forget(datetime.now(UTC) - KEPT)
        return closed

    def _decided(self, tokens: Sequence[TaskToken]) -> list[tuple[TaskToken, Decision]]:
        entries = self.store.entries(token.key for token in tokens if token.key is not None)
        run_keys = {token: _run_key(token, entries) for token in tokens}
        runs = runs_of_keys(self.instance, (key for key in run_keys.values() if key is not None))
        why = cache(lambda run_id: why_failed(self.instance, run_id))

        def decided(token: TaskToken) -> Decision:
            found = decision(token, _entry(token, entries), _run(run_keys[token], runs), self.max_attempts)
            if isinstance(found, Fail) and found.run_id is not None and why(found.run_id):
                return replace(found, cause=f"{found.cause}: {why(found.run_id)}")
            return found

        return [(token, decided(token)) for token in tokens]

    def _teller(self, closed: Closed) -> Callable[[tuple[TaskToken, Decision]], Told]:
        def tell(decided: tuple[TaskToken, Decision]) -> Told:
            token, found = decided
            try:
                match found:
                    case Succeed(output):
                        return token, found, self.tasks.succeed(token.token, output)
                    case Fail(error, cause):
                        return token, found, self.tasks.fail(token.token, error, cause)
                    case _:
                        return token, found, self.tasks.heartbeat(token.token)
            except StepFunctionsError as error:
                closed.trouble = str(error)
                return token, found, None

        return tell

    def _mark(self, told: Sequence[Told], closed: Closed) -> None:
        """Write down what tasks were told."""
        gone = [token for token, _, was_waiting in told if was_waiting is False]
        self.store.note_answered(gone, Answer.GONE)
        closed.gone += gone
        reached = [(token, found) for token, found, was_waiting in told if was_waiting]
        succeeded = [token for token, found in reached if isinstance(found, Succeed)]
        self.store.note_answered(succeeded, Answer.SUCCESS)
        failed = [(token, found) for token, found in reached if isinstance(found, Fail)]
        failed.sort(key=_named)
        for (error, cause), group in groupby(failed, key=_named):
            self.store.note_answered([token for token, _ in group], Answer.FAILURE, error, cause)
        self.store.note_told([token for token, found in reached if isinstance(found, GoOn | AskForRun)])
        closed.answered += len(succeeded) + len(failed)


def _named(failed: tuple[TaskToken, Fail]) -> tuple[str, str]:
    return failed[1].error, failed[1].cause


def _is_due(token: TaskToken, decided: Decision) -> bool:
    """Tell whether a task is to hear now that it goes on; before its first run, whether it still waits."""
    if isinstance(decided, AskForRun) and token.asked == 0:
        return True
    return datetime.now(UTC) - (token.told_at or token.received_at) >= HEARTBEAT_AFTER


def _entry(token: TaskToken, entries: dict[tuple[str, str], Entry]) -> Entry | None:
    return entries.get((token.key or "", token.version_id or ""))


def _run_key(token: TaskToken, entries: dict[tuple[str, str], Entry]) -> str | None:
    """Return the key of the run that a token waits for: its own, or that which was asked for its file."""
    entry = _entry(token, entries)
    return token.run_key or (None if entry is None else entry.request_key)


def _run(key: str | None, runs: dict[str, RunSeen]) -> RunSeen | None:
    return None if key is None else runs.get(key)


def _slices(decided: Sequence[tuple[TaskToken, Decision]]) -> Iterator[Sequence[tuple[TaskToken, Decision]]]:
    for start in range(0, len(decided), _TOGETHER):
        yield decided[start : start + _TOGETHER]
