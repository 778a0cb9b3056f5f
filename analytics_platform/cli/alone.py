"""Running a command that materializes, unless another one does. What it does is not known here."""

from collections.abc import Callable

import typer

from analytics_platform.cli.lock import HomeIsBusyError, only_one
from analytics_platform.settings import settings
from analytics_platform.storage.catalog.faults import CatalogError
from analytics_platform.storage.lake.objects import UnreachableLakeError

REFUSED = 2
HOME_IS_BUSY = 3
STOPPED = 130


def alone(command: Callable[[], int]) -> int:
    """Run a command that materializes, unless another one does; return its exit code."""
    try:
        with only_one(settings().home):
            return command()
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        return STOPPED
    except HomeIsBusyError as error:
        typer.echo(str(error), err=True)
        return HOME_IS_BUSY
    except (CatalogError, UnreachableLakeError) as error:
        typer.echo(str(error), err=True)
        return REFUSED
