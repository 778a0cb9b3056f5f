"""Benchmark `events`: what Dagster's bookkeeping costs in a range run, by event log storage."""

import tempfile
import time
import warnings
from collections.abc import Sequence
from datetime import date
from pathlib import Path

import dagster as dg

from analytics_platform.defs.instance import prepare_instance
from analytics_platform.settings import settings
from benchmarks.result import Measured, Result

_ASSETS, _SESSIONS, _ROUNDS = 10, 60, 3
_QUICK_ASSETS, _QUICK_SESSIONS, _QUICK_ROUNDS = 4, 15, 1
_START, _END = date(2013, 1, 1), date(2013, 12, 31)
# As the product does for its own assets.
warnings.filterwarnings("ignore", message="Parameter `backfill_policy`", category=dg.BetaWarning)

_SILENT = {"loggers": {"console": {"config": {"log_level": "CRITICAL"}}}}
_DAYS = dg.DailyPartitionsDefinition(_START.isoformat(), end_date=_END.isoformat())


def _asset(number: int) -> dg.AssetsDefinition:
    @dg.asset(
        name=f"asset_{number}",
        partitions_def=_DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
    )
    def asset() -> dg.MaterializeResult[None]:
        return dg.MaterializeResult(metadata={"rows": 1})

    return asset


def _range_run(instance: dg.DagsterInstance, assets: Sequence[dg.AssetsDefinition], sessions: int) -> float:
    """Wall milliseconds per asset and session."""
    keys = _DAYS.get_partition_keys()
    started = time.perf_counter()
    result = dg.materialize(
        assets,
        instance=instance,
        run_config=_SILENT,
        tags={
            "dagster/asset_partition_range_start": keys[0],
            "dagster/asset_partition_range_end": keys[sessions - 1],
        },
    )
    seconds = time.perf_counter() - started
    stored = len(instance.get_materialized_partitions(assets[0].key))
    if not result.success or stored != sessions:
        message = f"the run stored {stored} of {sessions} materializations"
        raise RuntimeError(message)
    return 1000.0 * seconds / (len(assets) * sessions)


def _plain_instance(home: Path) -> dg.DagsterInstance:
    """Dagster's own storage, in files, with everything else as it comes."""
    home.mkdir()
    (home / "dagster.yaml").write_text("telemetry: {enabled: false}\n", "utf-8")
    return dg.DagsterInstance.from_config(str(home))


def measure(*, is_quick: bool) -> Measured:
    """Materialize the same range on fresh instances of each kind, in turns."""
    assets = [_asset(number) for number in range(_QUICK_ASSETS if is_quick else _ASSETS)]
    sessions = _QUICK_SESSIONS if is_quick else _SESSIONS
    spent: list[tuple[float, float, float]] = []
    with dg.DagsterInstance.ephemeral() as first:
        _range_run(first, assets, 2)
    for _ in range(_QUICK_ROUNDS if is_quick else _ROUNDS):
        with tempfile.TemporaryDirectory() as folder, dg.DagsterInstance.ephemeral() as memory:
            ours = prepare_instance(settings().dagster_template, Path(folder) / "ours")
            with ours, _plain_instance(Path(folder) / "plain") as plain:
                runs = [_range_run(instance, assets, sessions) for instance in (ours, plain, memory)]
        spent.append((runs[0], runs[1], runs[2]))
    pooled, own, memory_only = (min(values) for values in zip(*spent, strict=True))
    unit = "ms an asset and session"
    return Measured(
        (
            Result("range run, pooled SQLite", pooled, "Dagster's SQLite storage", own, unit),
            Result("range run, pooled SQLite", pooled, "Dagster in memory", memory_only, unit),
        ),
        (
            (
                f"Wall time of a range run of {len(assets)} partitioned assets that do nothing over "
                f"{sessions} sessions, by assets x sessions; the least of {len(spent)} runs, each on a "
                "fresh instance. The run in memory is what Dagster costs without any storage: the floor."
            ),
        ),
    )
