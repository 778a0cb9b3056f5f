"""Telling people: every failed run becomes one line in the alert file, once."""

import json
from pathlib import Path

import dagster as dg


class AlertFile(dg.ConfigurableResource[None]):
    """A file that each alert is appended to as one JSON line."""

    path: str

    def tell(self, alert: dict[str, str]) -> None:
        """Append an alert."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("a", encoding="utf-8") as lines:
            lines.write(json.dumps(alert, sort_keys=True) + "\n")


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING)
def failed_runs(context: dg.RunFailureSensorContext, alerts: AlertFile) -> None:
    """Tell of a failed run, unless a retry of it is coming."""
    run = context.dagster_run
    if run.tags.get("dagster/will_retry") == "true":
        return
    alerts.tell({"run_id": run.run_id, "job": run.job_name, "error": context.failure_event.message or ""})
