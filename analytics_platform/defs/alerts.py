"""Telling people: every failed run becomes one line in the alert file, and each line one notification.

The file comes first and decides. Dagster does not repeat a sensor on failed runs that broke, so publishing is
no part of it: another sensor publishes what the file holds behind its cursor, and goes on from there.
"""

import json
import os
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg

from analytics_platform.defs.partitions import RANGE_END, RANGE_START
from analytics_platform.defs.unpublished_alerts import Place, unpublished
from analytics_platform.settings import settings
from analytics_platform.storage.notifications import NotificationError, Topic

_LOOKED_BACK = 1 << 18
"""Bytes at the end of the file in which an alert is looked for before it is written."""


class AlertFile(dg.ConfigurableResource[None]):
    """A file that each alert is appended to as one JSON line."""

    path: str

    def tell(self, alert: dict[str, str]) -> None:
        """Append an alert, unless the file tells of its run already: who did may have been killed then."""
        file = Path(self.path)
        file.parent.mkdir(parents=True, exist_ok=True)
        with file.open("ab+") as lines:
            lines.seek(max(lines.seek(0, os.SEEK_END) - _LOOKED_BACK, 0))
            last = lines.read()
            if _named(alert["run_id"]) in last:
                return
            line = json.dumps(alert, sort_keys=True) + "\n"
            # What a killed sensor left of a line ends here: the next one is whole.
            lines.write(("\n" if last and not last.endswith(b"\n") else "").encode() + line.encode())
            lines.flush()
            os.fsync(lines.fileno())


def _named(run_id: str) -> bytes:
    return f'"run_id": {json.dumps(run_id)}'.encode()


@dg.run_failure_sensor(default_status=dg.DefaultSensorStatus.RUNNING, monitor_all_code_locations=True)
def failed_runs(context: dg.RunFailureSensorContext, alerts: AlertFile) -> None:
    """Tell of a failed run, unless a retry of it is coming."""
    run = context.dagster_run
    # Dagster tags runs of a command too, which no daemon can repeat: they have no origin.
    if run.tags.get("dagster/will_retry") == "true" and run.remote_job_origin is not None:
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


def publishing_sensor(topic: Topic, *, interval_seconds: int) -> dg.SensorDefinition:
    """Return the sensor that publishes alerts.

    Parameters
    ----------
    topic : Topic
        Where they are published.
    interval_seconds : int
        Shortest time between two ticks.
    """

    @dg.sensor(
        name="published_alerts",
        minimum_interval_seconds=interval_seconds,
        default_status=dg.DefaultSensorStatus.RUNNING,
    )
    def publish_alerts(context: dg.SensorEvaluationContext, alerts: AlertFile) -> Iterator[dg.SkipReason]:
        """Publish what the alert file holds behind the cursor; after an outage it goes on where it was."""
        place, told = Place.of_cursor(context.cursor), 0
        try:
            for alert in unpublished(Path(alerts.path), place, datetime.now(UTC)):
                if alert.is_recent:
                    topic.publish(alert.subject, alert.text, id_=alert.id)
                    told += 1
                place = alert.ends_at
                context.update_cursor(place.cursor)
        except NotificationError as error:
            if told == 0:
                raise
            # A tick that fails keeps the old cursor, and all would be told again: the next one fails.
            context.log.warning(str(error))
        yield dg.SkipReason(f"{told} alerts were published")

    return publish_alerts


SENSORS = [
    failed_runs,
    *(
        [publishing_sensor(Topic(arn), interval_seconds=settings().sensor_interval_seconds)]
        if (arn := settings().notifications_topic) is not None
        else []
    ),
]
"""The sensors on what went wrong; one more where there is a topic."""
