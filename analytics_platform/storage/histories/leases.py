"""Names of the runs that load histories: Dagster knows none of them, so each says until when it may work."""

import re

_NAME = re.compile(r"history-(?P<job>[a-z0-9-]+)-(?P<until>\d{10})-(?P<worker>\d+)")


def run_name(job: str, until: float, worker: int) -> str:
    """Return the name of one worker of a job that may hold files until a moment, in seconds since 1970.

    Examples
    --------
    >>> run_name("prices", 1_800_000_000, 3)
    'history-prices-1800000000-3'
    """
    return f"history-{job}-{int(until)}-{worker}"


def is_of_job(run_id: str, job: str) -> bool:
    """Tell whether a run is a worker of this job, now or earlier."""
    found = _NAME.fullmatch(run_id)
    return found is not None and found["job"] == job


def is_held(run_id: str, now: float) -> bool:
    """Tell whether a run is a worker whose time is not over.

    Examples
    --------
    >>> is_held("history-prices-1800000000-3", now=1_799_999_999), is_held("5d0a-1", now=0)
    (True, False)
    """
    found = _NAME.fullmatch(run_id)
    return found is not None and now < int(found["until"])
