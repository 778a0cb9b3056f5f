"""Telling people: every failed run becomes one line in the alert file, once."""

import json
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from analytics_platform.defs.partitions import RANGE_END, RANGE_START


class AlertFile(dg.ConfigurableResource[None]):
    """A file that each alert is appended to as one JSON line."""

    path: str

    def tell(self, alert: dict[str, str]) -> None:
        """Append an alert."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(alert, sort_keys=True) + "\n")


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING, monitor_all_code_locations=True)
def failed_runs(context: dg.RunFailureSensorContext, alerts: AlertFile) -> None:
    """Tell of a failed run, unless a retry of it is coming."""
    run = context.dagster_run
    if run.tags.get("dagster/will_retry") == "true":
        return
    causes = [f"{event.step_key}: {root_cause(event)}" for event in context.get_step_failure_events()]
    alerts.tell(
        {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "run_id": run.run_id,
            "job": run.job_name,
            "sessions": f"{run.tags.get(RANGE_START, '')} to {run.tags.get(RANGE_END, '')}",
            "error": "; ".join(causes) or context.failure_event.message or "",
        }
    )


def root_cause(event: dg.DagsterEvent) -> str:
    """Return the message of the innermost error of a failed step."""
    error = event.step_failure_data.error
    while error is not None and error.cause is not None:
        error = error.cause
    return (error.message if error else "").strip()
