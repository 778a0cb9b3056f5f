"""`analytics redrive`: what is in the dead-letter queues, why, and moving it back. Arguments only."""

from enum import StrEnum
from typing import Annotated

import typer


class Which(StrEnum):
    """Queues that have dead letters."""

    UPLOADS = "uploads"
    REQUESTS = "requests"
    ALL = "all"


def redrive(
    queue: Annotated[Which, typer.Option(help="Whose dead letters")] = Which.ALL,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print; 1 if there are any")] = False,
    limit: Annotated[int, typer.Option(min=1, help="Most messages of a queue")] = 1000,
    discard: Annotated[
        list[str] | None,
        typer.Option(help="Message to delete, by its id; kept in discarded_messages.jsonl of the data home"),
    ] = None,
) -> None:
    """Move dead letters back to their queue, each sent before it is deleted; what can never be read stays."""
    from analytics_platform.cli.redriving import run_redrive

    queues = ("uploads", "requests") if queue is Which.ALL else (queue.value,)
    raise typer.Exit(run_redrive(queues, dry_run=dry_run, limit=limit, discard=discard or []))
