"""`analytics runs retry`: each failed run once more, what is under way or repaired is left alone."""

import getpass
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import dagster as dg
from dagster import DagsterRunStatus, RunsFilter
from dagster._core.storage.tags import RUN_KEY_TAG, WILL_RETRY_TAG
from rich.console import Console

from analytics_platform.api.actions.dagster_graphql import DagsterError, DagsterGraphQL
from analytics_platform.cli.backfill import conclude
from analytics_platform.cli.failed_runs import FailedRun, covers, failed_runs, group_of, root_of, sessions_of
from analytics_platform.cli.retried_runs import (
    JobFinder,
    NotRetriedError,
    execute_again,
    goes_to_the_queue,
    has_done_something,
    submit,
)
from analytics_platform.cli.runs_report import span_of, what
from analytics_platform.definitions import defs
from analytics_platform.defs.instance import fail_dead_runs, free_pool_slots, prepare_instance
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.ledger.ledger import Ledger, State

FAILED = 1
WRONG_USE = 2
RETRIED_BY_TAG = "analytics/retried_by"
"""Who has asked for a retry."""

_SHORTEST_ID = 6


@dataclass
class Retries:
    """Retries of one command.

    Attributes
    ----------
    of : Settings
        The installation.
    instance : DagsterInstance
        Its runs.
    ledger : Ledger
        Its files.
    console : Console
        Where progress goes.
    jobs : callable
        Gives the jobs, when a run is executed in this process.
    whole : bool
        All steps, or only those that did not end well.
    done : list of DagsterRun
        What was retried well, or queued, by this command.
    """

    of: Settings
    instance: dg.DagsterInstance
    ledger: Ledger
    console: Console
    jobs: Callable[[], JobFinder]
    whole: bool
    done: list[dg.DagsterRun] = field(default_factory=list)

    def retry(self, failed: FailedRun) -> int:
        """Execute one run again; return the exit code."""
        run, name = failed.run, f"{failed.run.run_id} ({what(failed.run)}, {span_of(failed.run)})"
        repairer = next((each for each in self.done if covers(each, run)), None)
        if repairer is not None:
            return self._left(name, f"the retry of {repairer.run_id} does the same")
        if (alive := self._under_way(run)) is not None:
            return self._left(name, f"a retry is under way: {alive or 'it comes by itself'}")
        whole = self.whole or not has_done_something(self.instance, run)
        self._owe_again(failed)
        if run.tags.get(WILL_RETRY_TAG) == "true":
            # Announced, but no daemon lives that would: one that comes up later must not retry it too.
            self.instance.add_run_tags(run.run_id, {WILL_RETRY_TAG: "false"})
        start = self._submit if goes_to_the_queue(self.instance, run) else self._execute
        try:
            return start(run, name, whole)
        except (NotRetriedError, DagsterError) as error:
            self.console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
            return FAILED

    def _submit(self, run: dg.DagsterRun, name: str, whole: bool) -> int:  # noqa: FBT001 - said by name above
        graphql = DagsterGraphQL(self.of.dagster_url)
        retry_id = submit(graphql, run, whole=whole, tags={RETRIED_BY_TAG: _user()})
        self.done.append(run)
        self._say(f"queued {name}: its retry is {retry_id}")
        return 0

    def _execute(self, run: dg.DagsterRun, name: str, whole: bool) -> int:  # noqa: FBT001 - as above
        self._say(f"retrying {name}, {'all steps' if whole else 'from the failure'}")
        tags = {RETRIED_BY_TAG: _user()}
        report = execute_again(self.instance, self.jobs(), self.console, run, whole=whole, tags=tags)
        code = conclude(self.console, report)
        if code == 0:
            self.done.append(run)
            self._ask_anew(run)
        return code

    def _under_way(self, run: dg.DagsterRun) -> str | None:
        """Look again just before: somebody else may have asked meanwhile."""
        group = group_of(self.instance, run)
        alive = [each.run_id for each in group if not each.is_finished]
        if not alive and any(each.status is DagsterRunStatus.SUCCESS for each in group):
            return "it has ended well meanwhile"
        return alive[0] if alive else None

    def _owe_again(self, failed: FailedRun) -> None:
        """Take files back from quarantine that were given up in the run: the retry is to load them."""
        for entry in failed.given_up:
            if self.ledger.requeue(entry.version):
                self._say(
                    f"owed again: {entry.version.key}, which was given up after {entry.failures} attempts"
                )

    def _ask_anew(self, run: dg.DagsterRun) -> None:
        """Let the sensor ask again for files that it had given up and that are still owed after the retry."""
        keys = {each.tags.get(RUN_KEY_TAG) for each in group_of(self.instance, run)} - {None}
        left = [
            entry.version
            for entry in self.ledger.entries(states=[State.SEEN])
            if entry.request_key in keys and entry.asked >= self.ledger.max_attempts
        ]
        self.ledger.forget_requests(left)

    def _left(self, name: str, why: str) -> int:
        self._say(f"not retried: {name}: {why}")
        return 0

    def _say(self, text: str) -> None:
        self.console.print(text, markup=False, highlight=False, soft_wrap=True)


def retry_runs(run_ids: Sequence[str], *, every: bool, whole: bool, dry_run: bool) -> int:
    """Execute failed runs again, those of the oldest sessions first.

    Parameters
    ----------
    run_ids : sequence of str
        Their ids, or the beginnings of them.
    every : bool
        All that failed and that nothing has repaired.
    whole : bool
        All steps, or only those that did not end well.
    dry_run : bool
        Only print.

    Returns
    -------
    int
        0, 1 if a retry failed or could not be started, 2 if a run is unknown or did not fail.
    """
    of, console = settings(), Console(soft_wrap=True)
    instance = prepare_instance(of.dagster_template, of.dagster_home)
    fail_dead_runs(instance)
    free_pool_slots(instance)
    retries = Retries(of, instance, Ledger(of.ledger_url, max_attempts=of.max_attempts), console, defs, whole)
    return retry_chosen(retries, run_ids, every=every, dry_run=dry_run)


def retry_chosen(retries: Retries, run_ids: Sequence[str], *, every: bool, dry_run: bool) -> int:
    """Choose among the failed runs and retry them; return the exit code as `retry_runs`."""
    console = retries.console
    if bool(run_ids) == every:
        console.print("name the runs, or say --all; `analytics runs failed` prints them", markup=False)
        return WRONG_USE
    found = failed_runs(retries.instance, retries.ledger)
    chosen, problems = (found, []) if every else _chosen(retries.instance, found, run_ids)
    for problem in problems:
        console.print(problem, style="red", markup=False, highlight=False)
    if any(not problem.startswith("not retried") for problem in problems):
        return WRONG_USE
    if not chosen and not problems:
        console.print("no run has failed that nothing has repaired")
    codes = [0]
    for failed in sorted(chosen, key=lambda each: (sessions_of(each.run), -each.at.timestamp())):
        if dry_run:
            retries.console.print(
                f"would retry {failed.run.run_id} ({what(failed.run)}, {span_of(failed.run)})"
            )
        elif failed.under_way is not None:
            under_way = failed.under_way or "it comes by itself"
            console.print(
                f"not retried: {failed.run.run_id}: a retry is under way: {under_way}", markup=False
            )
        else:
            codes.append(retries.retry(failed))
    return max(codes)


def _chosen(
    instance: dg.DagsterInstance, found: Sequence[FailedRun], run_ids: Sequence[str]
) -> tuple[list[FailedRun], list[str]]:
    """Return the failed runs that ids mean, each group once, and what is wrong with other ids."""
    chosen: dict[str, FailedRun] = {}
    problems = []
    for asked in run_ids:
        run, problem = _meant(instance, found, asked)
        if run is None:
            problems.append(problem)
        elif (failed := next((each for each in found if each.root_id == root_of(run)), None)) is not None:
            chosen[failed.root_id] = failed
        elif run.status in {DagsterRunStatus.FAILURE, DagsterRunStatus.CANCELED}:
            problems.append(f"not retried: {run.run_id}: a retry or a later run has repaired it")
        else:
            problems.append(
                f"run {run.run_id} did not fail: it is {run.status.value}; only failed runs are retried"
            )
    return list(chosen.values()), problems


def _meant(
    instance: dg.DagsterInstance, found: Sequence[FailedRun], asked: str
) -> tuple[dg.DagsterRun | None, str]:
    exact = instance.get_runs(RunsFilter(run_ids=[asked]))
    if exact:
        return exact[0], ""
    begun = [each.run for each in found if len(asked) >= _SHORTEST_ID and each.run.run_id.startswith(asked)]
    if len(begun) == 1:
        return begun[0], ""
    why = "is the beginning of several ids" if begun else "is no run, nor the beginning of a failed one's id"
    return None, f"{asked[:60]!r} {why}; `analytics runs failed` prints them"


def _user() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
