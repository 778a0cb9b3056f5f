"""`analytics runs`: what failed and nothing has repaired, and executing it again."""

from datetime import datetime
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

runs_app = typer.Typer(help="Failed runs: look, retry.", no_args_is_help=True)

REFUSED = 2


@runs_app.command()
def failed(
    since: Annotated[
        str | None, typer.Option(help="Only since then: 24h, 7d, or a date such as 2013-03-01; default: ever")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs")] = False,
) -> None:
    """Print failed and canceled runs that no retry and no later run has repaired."""
    from analytics_platform.cli.runs_report import print_failed

    raise typer.Exit(_told(lambda: print_failed(since, datetime.now().astimezone(), as_json=as_json)))


@runs_app.command()
def retry(
    run_ids: Annotated[
        list[str] | None, typer.Argument(help="Runs that failed; the first digits of an id will do")
    ] = None,
    every: Annotated[bool, typer.Option("--all", help="All that `analytics runs failed` prints")] = False,
    from_failure: Annotated[
        bool, typer.Option("--from-failure/--whole", help="Only steps that did not end well, or all steps")
    ] = True,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print")] = False,
) -> None:
    """Execute failed runs again with their assets and sessions; 1 if one fails again."""
    from analytics_platform.cli.alone import alone
    from analytics_platform.cli.runs_retry import retry_runs

    asked = run_ids or []
    whole = not from_failure
    raise typer.Exit(
        _told(lambda: alone(lambda: retry_runs(asked, every=every, whole=whole, dry_run=dry_run)))
    )


def _told(command: "Callable[[], int]") -> int:
    """Run a command; a database that is away is told in one line."""
    from sqlalchemy.exc import OperationalError

    from analytics_platform.defs.instance_storage import StorageError
    from analytics_platform.storage.ledger.database import LedgerError

    try:
        return command()
    except (StorageError, LedgerError) as error:
        typer.echo(str(error), err=True)
    except OperationalError as error:
        why = " ".join(str(error.orig).split())
        typer.echo(f"a database does not answer: {why}; `analytics doctor` tells which", err=True)
    return REFUSED
