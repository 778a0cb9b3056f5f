"""One of many processes on one ledger: opens it, takes what it can get, tells what it got."""

from datetime import UTC, datetime
from multiprocessing.queues import Queue  # noqa: TC003 - Barrier beside it is needed at run time
from multiprocessing.synchronize import Barrier

from analytics_platform.ingestion.file_name import parse_file_name
from analytics_platform.storage.landing.object_versions import ObjectVersion
from analytics_platform.storage.ledger.ledger import Ledger, State

KEYS = [f"prices/vendor_2013-02-{day:02}.csv" for day in range(1, 21)]
VERSIONS = [ObjectVersion(datetime(2013, 3, 1, 9, tzinfo=UTC), key, "v1", 10) for key in KEYS]

Told = tuple[list[str], list[str]]


def take_all(url: str, run_id: str, start: Barrier, told: "Queue[Told]") -> None:
    """Observe and claim every version together with the others; finish those that were won."""
    start.wait()
    ledger = Ledger(url)
    seen = [version.key for version in VERSIONS if ledger.observe(version, parse_file_name(version.key))]
    start.wait()
    won = [version for version in VERSIONS if ledger.claim(version, run_id)]
    finished = [v.key for v in won if ledger.finish(v, State.LOADED, sha256="abc", run_id=run_id)]
    told.put((seen, finished))
