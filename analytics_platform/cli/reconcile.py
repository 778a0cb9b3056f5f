"""`analytics reconcile`: do landing zone, ledger and lake agree? A table of the gaps, and closing them."""

from rich.console import Console
from rich.table import Table
from rich.text import Text

from analytics_platform.defs.ingestion.recovery import is_alive
from analytics_platform.defs.instance import fail_dead_runs, prepare_instance
from analytics_platform.defs.resources import intake_resource
from analytics_platform.ingestion.faults import shown
from analytics_platform.settings import Settings, settings
from analytics_platform.storage.lake.objects import DamagedLakeError, UnreachableLakeError
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.ledger.gaps import Gap, gaps

GAPS_LEFT = 1
TABLE_WIDTH = 150
_SHOWN = 200


def run_reconcile(*, dry_run: bool) -> int:
    """Print every gap between landing zone, ledger and lake, and close those that can be closed.

    Parameters
    ----------
    dry_run : bool
        Only print.

    Returns
    -------
    int
        0 if nothing is left to do, 1 if there is, or if the lake cannot be looked at.
    """
    console = Console()
    console = console if console.is_terminal else Console(width=TABLE_WIDTH)
    try:
        found = find_gaps(settings(), dry_run=dry_run)
    except (DamagedLakeError, UnreachableLakeError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return GAPS_LEFT
    if not found:
        console.print("landing zone, ledger and lake agree")
        return 0
    try:
        closed = [not dry_run and gap.close is not None and gap.close() for gap in found]
    except (DamagedLakeError, UnreachableLakeError) as error:
        console.print(str(error), style="red", markup=False, highlight=False, soft_wrap=True)
        return GAPS_LEFT
    console.print(_table(found, closed))
    left = closed.count(False)
    if dry_run:
        console.print(f"{left} to do; `analytics reconcile` does it", highlight=False)
    else:
        console.print(f"{len(found) - left} done, {left} left for a person", highlight=False)
    return GAPS_LEFT if left else 0


def find_gaps(of: Settings, *, dry_run: bool) -> list[Gap]:
    """Return every gap; unless nothing may change, the runs of dead processes are failed first."""
    instance = prepare_instance(of.dagster_template, of.dagster_home)
    if not dry_run:
        fail_dead_runs(instance)
    watch = intake_resource(of).watch()
    return list(
        gaps(watch, open_lake(of.lake_url, **of.lake_options), lambda run_id: is_alive(instance, run_id))
    )


def _table(found: list[Gap], closed: list[bool]) -> Table:
    table = Table(title=f"{len(found)} gaps", title_justify="left")
    for name in ("File", "Version", "What does not agree", "Cure", "Done"):
        table.add_column(name, overflow="fold")
    for gap, is_closed in zip(found[:_SHOWN], closed, strict=False):
        cells = (gap.key, gap.version_id, gap.problem, gap.cure, "yes" if is_closed else "")
        table.add_row(*(Text(shown(cell, 1000)) for cell in cells))
    if len(found) > _SHOWN:
        table.add_row("...", "", f"and {len(found) - _SHOWN} more", "", "")
    return table
