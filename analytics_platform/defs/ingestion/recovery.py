"""Giving back what a run took from the ledger and can no longer finish."""

import dagster as dg

from analytics_platform.storage.ledger.ledger import Ledger


def release_lost_runs(instance: dg.DagsterInstance, ledger: Ledger) -> int:
    """Release the object versions of runs that have ended or are unknown; return how many."""
    lost = [run_id for run_id in ledger.runs_in_flight() if not is_alive(instance, run_id)]
    return sum(ledger.release(run_id) for run_id in lost)


def is_alive(instance: dg.DagsterInstance, run_id: str) -> bool:
    """Tell whether a run can still finish what it took."""
    run = instance.get_run_by_id(run_id)
    return run is not None and not run.is_finished
