"""The parent's side of an inspection: one child process for one file, with limits of memory and time."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

import analytics_platform
from analytics_platform.ingestion.child.process import ChildDied, ChildProcess
from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.inspection.inspection import InspectionAnswer, InspectionRequest

_WORKER = "analytics_platform.ingestion.child.inspection_worker"
_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "LC_ALL": "C.UTF-8",
        "POLARS_MAX_THREADS": "2",
        "PYTHONPATH": str(Path(analytics_platform.__file__).parents[1]),
    }
)


def inspect_in_child(path: Path, name: DeliveryName, limits: Limits) -> InspectionAnswer:
    """Draft the dialect of a file.

    Parameters
    ----------
    path : Path
        Local file.
    name : DeliveryName
        Its name as a delivery.
    limits : Limits
        What it may ask of the machine.

    Raises
    ------
    DeliveryRefused
        If the file cannot be read as what its name says, or not within the limits.
    """
    request = InspectionRequest(path=str(path), name=str(name), limits=limits)
    process = ChildProcess(_WORKER, [str(limits.memory_bytes)], _ENVIRONMENT)
    try:
        process.say(request.model_dump_json().encode())
        answer = InspectionAnswer.model_validate_json(process.hear(limits.seconds))
    except (ChildDied, ValidationError) as death:
        raise refusal(
            str(name),
            f"the file could not be inspected within {limits.memory_bytes >> 20:,} MiB of memory and "
            f"{limits.seconds:g} seconds; the reading process was stopped: {death}",
            "Inspect a shorter file of the same sender",
        ) from death
    finally:
        process.stop()
    if answer.findings:
        raise DeliveryRefused(answer.findings)
    return answer
