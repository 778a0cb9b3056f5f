"""Where the time of a run went, as a table."""

import time
from collections import defaultdict

from rich.table import Table

from analytics_platform.cli.run import RunReport
from analytics_platform.cli.started import STARTED

STAGES = {
    "lake__": "ingestion",
    "sql_views": "SQL views",
    "marts": "SQL marts",
    "risk__": "risk",
    "revaluation": "risk",
    "reports": "SQL reports",
    "serving__": "serving and pages",
}


def timing_table(report: RunReport) -> Table:
    """Return stages and seconds, Dagster's own bookkeeping apart.

    Parameters
    ----------
    report : RunReport
        The run.
    """
    all_seconds = time.perf_counter() - STARTED
    by_stage: defaultdict[str, float] = defaultdict(float)
    for step, seconds in report.seconds_by_step.items():
        stage = next((name for start, name in STAGES.items() if step.startswith(start)), step)
        by_stage[stage] += seconds
    rest = report.seconds - sum(by_stage.values()) - report.bookkeeping_seconds
    table = Table(title="Where the time went", title_justify="left")
    table.add_column("Stage")
    table.add_column("Seconds", justify="right")
    rows = [
        ("start: imports and landing", all_seconds - report.seconds),
        *by_stage.items(),
        ("Dagster: storing events", report.bookkeeping_seconds),
        ("Dagster: the rest", rest),
    ]
    for stage, seconds in rows:
        table.add_row(stage, f"{seconds:.1f}")
    table.add_section()
    table.add_row("all", f"{all_seconds:.1f}")
    return table
