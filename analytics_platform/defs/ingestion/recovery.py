"""Giving back what a run took from the ledger and can no longer finish."""

import time

import dagster as dg

from analytics_platform.storage.histories.leases import is_held
from analytics_platform.storage.ledger.ledger import Ledger


def release_lost_runs(instance: dg.DagsterInstance, ledger: Ledger) -> int:
    """Release the object versions of runs that have ended or are unknown; return how many."""
    lost = [run_id for run_id in ledger.runs_in_flight() if not is_alive(instance, run_id)]
    return sum(ledger.release(run_id) for run_id in lost)


def is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Tell whether a run can still finish what it took; workers of histories say so in their names."""
    if is_held(run_id, time.time()):
        return True
    run = instance.get_run_by_id(run_id)
    return run is not None and not run.is_finished
