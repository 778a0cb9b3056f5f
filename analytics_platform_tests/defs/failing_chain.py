"""A chain of two assets on a data home of its own, the second of which fails when it is told to. No test."""

from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
from dagster import RunsFilter
from dagster._core.storage.tags import PARENT_RUN_ID_TAG
from rich.console import Console

from analytics_platform.cli.failed_runs import FailedRun, failed_runs
from analytics_platform.cli.runs_retry import Retries, retry_chosen
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.partitions import BUSINESS_DAYS, RANGE_END, RANGE_START
from analytics_platform.settings import Settings
from analytics_platform.storage.ledger.ledger import Ledger

FIRST, LAST = "2013-02-26", "2013-02-28"
RANGE = {RANGE_START: FIRST, RANGE_END: LAST}
NOW = datetime.now(UTC)
QUIET = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
TWO_LINES = "line one\nline two"


class World:
    """A chain of two assets on a data home; the second fails while a file is there."""

    def __init__(self, home: Path) -> None:
        self.of = Settings(home=home)
        self.instance = prepare_instance(self.of.dagster_template, self.of.dagster_home)
        self.ledger = Ledger(self.of.ledger_url)
        self.broken = home / "broken"
        self.executed: list[tuple[str, str, str]] = []

    def close(self) -> None:
        """Let go of the databases."""
        self.ledger.close()
        self.instance.dispose()

    def defs(self) -> dg.Definitions:
        """Return the chain, as its code is."""

        def note(context: dg.AssetExecutionContext) -> None:
            keys = context.partition_keys
            self.executed.append((context.asset_key.path[-1], keys[0], keys[-1]))

        @dg.asset(partitions_def=BUSINESS_DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def loaded(context: dg.AssetExecutionContext) -> None:
            note(context)

        @dg.asset(deps=[loaded], partitions_def=BUSINESS_DAYS, backfill_policy=dg.BackfillPolicy.single_run())
        def computed(context: dg.AssetExecutionContext) -> None:
            note(context)
            if self.broken.exists():
                raise ValueError(TWO_LINES)

        executor = dg.in_process_executor
        jobs = [dg.define_asset_job(name, executor_def=executor) for name in ("end_of_day", "analytics")]
        return dg.Definitions(assets=[loaded, computed], jobs=jobs)

    def run(self, job: str = "end_of_day", sessions: dict[str, str] | None = None, **more: str) -> str:
        """Execute a job; return the id of the run."""
        done = (
            self.defs()
            .resolve_job_def(job)
            .execute_in_process(
                instance=self.instance,
                raise_on_error=False,
                run_config=QUIET,
                tags={**(sessions or RANGE), **more},
            )
        )
        return done.run_id

    def failing_run(self, job: str = "end_of_day", **tags: str) -> str:
        """Execute a job whose second asset fails; return the id of the run."""
        self.broken.touch()
        run_id = self.run(job, None, **tags)
        self.broken.unlink()
        self.executed.clear()
        return run_id

    def failed(self) -> list[FailedRun]:
        """Return what failed and was not repaired."""
        return failed_runs(self.instance, self.ledger)

    def retry(self, *run_ids: str, every: bool = False, whole: bool = False, dry_run: bool = False) -> int:
        """Retry runs as the command does; return its exit code."""
        retries = Retries(self.of, self.instance, self.ledger, Console(width=200), self.defs, whole)
        return retry_chosen(retries, run_ids, every=every, dry_run=dry_run)

    def children(self, run_id: str) -> list[dg.DagsterRun]:
        """Return the retries of a run."""
        return list(self.instance.get_runs(RunsFilter(tags={PARENT_RUN_ID_TAG: run_id})))
