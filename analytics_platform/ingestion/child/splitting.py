"""Cutting a history in a child process, with limits of memory and time: the parent's side."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from pydantic import ValidationError

import analytics_platform
from analytics_platform.ingestion.child.process import ChildDied, ChildProcess
from analytics_platform.ingestion.child.splitting_words import SplitAnswer, SplitRequest
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, refusal
from analytics_platform.ingestion.file_name import DeliveryName, parse_file_name
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.parsing.spans import SpanLength
from analytics_platform.ingestion.parsing.splitting import Part

_WORKER = "analytics_platform.ingestion.child.splitting_worker"
_ENVIRONMENT: Mapping[str, str] = MappingProxyType(
    {
        "LC_ALL": "C.UTF-8",
        "MALLOC_ARENA_MAX": "2",
        "POLARS_MAX_THREADS": "2",
        "PYTHONPATH": str(Path(analytics_platform.__file__).parents[1]),
    }
)


def split_in_child(  # noqa: PLR0913, PLR0917 - as of `split`
    path: Path, name: DeliveryName, dialect: Dialect, limits: Limits, length: SpanLength, output: Path
) -> list[Part]:
    """Cut a history into deliveries; arguments and answer are those of `split`.

    Raises
    ------
    DeliveryRefused
        If the history cannot be read, or cannot be cut, or not within the limits.
    """
    request = SplitRequest(
        path=str(path), name=str(name), dialect=dialect, limits=limits, length=length, output=str(output)
    )
    process = ChildProcess(_WORKER, [str(limits.memory_bytes)], _ENVIRONMENT)
    try:
        process.say(request.model_dump_json().encode())
        answer = SplitAnswer.model_validate_json(process.hear(limits.seconds))
    except (ChildDied, ValidationError) as death:
        raise refusal(
            str(name),
            f"the history could not be cut within {limits.memory_bytes >> 20:,} MiB of memory and "
            f"{limits.seconds:g} seconds; the reading process was stopped: {death}",
            "Raise the limits of the job if the file is right, or deliver it in parts",
        ) from death
    finally:
        process.stop()
    if answer.findings:
        raise DeliveryRefused(answer.findings, answer.total_findings)
    return [Part(parse_file_name(part.name), Path(part.file), part.rows) for part in answer.parts]
