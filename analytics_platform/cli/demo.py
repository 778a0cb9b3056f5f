"""`analytics demo`: the whole chain on the sample data."""

from datetime import date
from pathlib import Path

from rich.console import Console

from analytics_platform.calendars.sessions import calendar
from analytics_platform.cli.backfill import conclude
from analytics_platform.cli.fingerprint import FINGERPRINT_TAG, fingerprint, last_run_like
from analytics_platform.cli.report import print_refusals, print_report
from analytics_platform.cli.run import open_instance, run_sessions
from analytics_platform.cli.timing import timing_table
from analytics_platform.defs.resources import intake_resource
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.landing.zone import DiskLandingZone, short_digest
from analytics_platform.storage.published.serving import ServingStore

WRONG_USE = 2
SESSIONS = 60
LAST_SAMPLE_SESSION = date(2013, 3, 1)


def run_demo() -> int:
    """Land the sample files, run every stage over the last 60 sessions, print the risk table."""
    console = Console()
    of = settings()
    if "://" in of.landing_url:
        console.print("the demo needs a landing zone on this disk; unset ANALYTICS_LANDING_URL", style="red")
        return WRONG_USE
    landed = land_sample(of)
    console.print(f"{landed} sample files landed in {of.landing_url}" if landed else "no new sample files")
    days = calendar(of.calendar)
    sessions = days.offset(LAST_SAMPLE_SESSION, 1 - SESSIONS), LAST_SAMPLE_SESSION
    with intake_resource(of).opened() as intake:
        intake.observe()
    mark = fingerprint(of, sessions)
    before = last_run_like(open_instance(of), mark) if _is_whole(of) else None
    if before is not None:
        console.print(f"nothing changed since run {before}: no work to do")
        code = 0
    else:
        report = run_sessions(of, console, sessions, tags={FINGERPRINT_TAG: mark})
        console.print(timing_table(report))
        code = conclude(console, report)
    if code == 0:
        code = print_report(None, None)
        print_refusals(console, of)
        console.print(f"pages: {of.pages / 'index.html'}", highlight=False, soft_wrap=True)
    return code


def _is_whole(of: Settings) -> bool:
    """Tell whether what a run leaves behind is still there."""
    published = ServingStore(of.serving).version()
    is_built = of.profile == "aws" or of.warehouse.exists()
    return published is not None and is_built and (of.pages / "index.html").exists()


def land_sample(of: Settings) -> int:
    """Land every sample file that was not landed before, in the order of its folder; return how many."""
    zone = DiskLandingZone(Path(of.landing_url))
    landed = {(version.key, version.digest) for version in zone.versions()}
    new = 0
    for file in sorted(path for path in of.sample_data.rglob("*") if path.is_file()):
        key = f"{file.parent.name}/{file.name}"
        if (key, short_digest(file)) not in landed:
            zone.put(key, file)
            new += 1
    return new
