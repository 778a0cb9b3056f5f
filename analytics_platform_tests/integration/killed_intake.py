"""A run that kills itself at a named point, as a power cut would; started as a process of its own.

Arguments: data home, name of the point or "never".
"""

import functools
import os
import signal
import sys
from pathlib import Path

from analytics_platform.defs.resources import intake_resource
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.settings import Settings
from analytics_platform.storage import files
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.tables.market import FX_RATES

HEADER = "business_date,base_currency,quote_currency,rate\n"
FILES = [
    ("fx_rates/bank_2013-02-27.csv", "2013-02-27,EUR,USD,1.31\n"),
    ("fx_rates/bank_2013-02-28.csv", "2013-02-28,EUR,USD,1.30\n"),
    ("fx_rates/broker_2013-02-28.csv", "2013-02-28,EUR,GBP,none\n"),
    ("fx_rates/odd name.csv", "2013-02-28,EUR,CHF,1.2\n"),
    ("fx_rates/bank_2013-02-27.csv", "2013-02-27,EUR,USD,1.32\n"),
]
"""One file loaded before the run; then what the run finds: new, refused, without a date, corrected."""

POINTS = {
    "after the claim": (Ledger, "claim", "after"),
    "while it is parsed": (ParsingChild, "parse", "before"),
    "after it is parsed": (ParsingChild, "parse", "after"),
    "after its rows are put": (DiskLake, "adopt", "after"),
    "before it is published": (DiskLake, "publish", "before"),
    "after it is published": (DiskLake, "publish", "after"),
    "before the ledger is told": (Ledger, "finish", "before"),
    "after the ledger is told": (Ledger, "finish", "after"),
    "before it is in quarantine": (Quarantine, "keep", "before"),
    "half in quarantine": (files, "write_text", "before"),
    "after it is in quarantine": (Quarantine, "keep", "after"),
    "after its name was refused": (Ledger, "refuse", "after"),
}
"""Name of the point: whose method, which one, and whether death comes before or after it."""


def _die_at(owner: object, name: str, moment: str) -> None:
    """Let the process be killed at the first call of a method."""
    method = getattr(owner, name)

    @functools.wraps(method)
    def deadly(*arguments: object, **options: object) -> object:
        if moment == "after":
            method(*arguments, **options)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    setattr(owner, name, deadly)


def land(home: Path, deliveries: list[tuple[str, str]]) -> None:
    """Put files as senders do."""
    watch = intake_resource(_settings(home)).watch()
    for key, row in deliveries:
        upload = home / "upload"
        upload.write_text(HEADER + row)
        watch.landing.put(key, upload)


def run(home: Path, run_id: str, point: str = "never") -> None:
    """Load everything that is owed, and die at a point."""
    with intake_resource(_settings(home)).opened() as intake:
        for lost in intake.ledger.runs_in_flight():
            intake.ledger.release(lost)
        if point != "never":
            _die_at(*POINTS[point])
        intake.observe()
        intake.load(FX_RATES, run_id)


def what_is_there(home: Path) -> tuple[list[object], list[object], list[object]]:
    """Return states, rows and quarantined files, without what differs from run to run."""
    settings = _settings(home)
    ledger = Ledger(settings.ledger_url)
    states = [(e.version.key, e.state, e.sha256, e.rows_accepted) for e in ledger.entries()]
    ledger.close()
    columns = ("source", "business_date", "quote_currency", "rate", "row_number")
    rows = DiskLake(settings.lake).read(FX_RATES, columns=list(columns)).sort(columns).rows()
    kept: list[object] = [path.name for path in settings.quarantine.rglob("*") if path.is_file()]
    return sorted(states, key=str), list(rows), sorted(kept, key=str)


def _settings(home: Path) -> Settings:
    (home / "sources").mkdir(parents=True, exist_ok=True)
    return Settings(home=home, sources=home / "sources")


if __name__ == "__main__":
    run(Path(sys.argv[1]), f"run of {os.getpid()}", sys.argv[2])
