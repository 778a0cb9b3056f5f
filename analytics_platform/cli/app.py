"""The commands and their arguments; imports wait until a command needs them."""

from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer

from analytics_platform.cli import started  # noqa: F401 - the clock starts with this import

HOME_IS_BUSY = 3
STOPPED = 130

app = typer.Typer(
    help="From files to trusted numbers: land, materialize, read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)

Select = Annotated[
    str | None, typer.Option(help="Asset selection, such as 'group:risk+' or 'key:lake/prices'")
]


@app.command()
def demo() -> None:
    """Run the whole chain on the sample data and print the risk table."""
    from analytics_platform.cli.demo import run_demo

    raise typer.Exit(_alone(run_demo))


@app.command()
def land(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, help="Files to deliver")],
    dataset: Annotated[
        str | None, typer.Option(help="Table that the files fill; default: the name of their folder")
    ] = None,
) -> None:
    """Put files into the landing zone; the next run or the sensor loads them."""
    from analytics_platform.cli.land import land_files

    raise typer.Exit(land_files(files, dataset))


@app.command()
def backfill(
    first: Annotated[datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First session")],
    last: Annotated[datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last session")],
    select: Select = None,
) -> None:
    """Materialize a range of sessions in one run, in this process, without a daemon."""
    from analytics_platform.cli.backfill import run_backfill

    raise typer.Exit(_alone(lambda: run_backfill(first.date(), last.date(), select)))


@app.command()
def report(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Session; default: the last")
    ] = None,
    portfolio: Annotated[str | None, typer.Option(help="One portfolio; default: all")] = None,
) -> None:
    """Print the risk table of a session from the published extract."""
    from analytics_platform.cli.report import print_report

    raise typer.Exit(print_report(_date(day), portfolio))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port on this machine")] = 8000,
) -> None:
    """Serve the pages and the stock metrics on this machine."""
    from analytics_platform.cli.serve import run_server

    run_server(port)


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port on this machine")] = 3000) -> None:
    """Open the Dagster UI with its daemon on this machine."""
    from analytics_platform.cli.dev import run_dagster

    run_dagster(port)


@app.command()
def doctor() -> None:
    """Check that this installation can work, one line a question."""
    from analytics_platform.cli.doctor import examine

    raise typer.Exit(examine())


@app.command("dbt-manifest")
def dbt_manifest() -> None:
    """Parse the dbt project, so that no import and no run has to."""
    from analytics_platform.defs.dbt import parse_project
    from analytics_platform.settings import settings

    parse_project(settings().dbt_project, settings().dbt_target)


def _alone(command: Callable[[], int]) -> int:
    """Run a command that materializes, unless another one does; return its exit code."""
    from analytics_platform.cli.lock import HomeIsBusyError, only_one
    from analytics_platform.settings import settings

    try:
        with only_one(settings().home):
            return command()
    except KeyboardInterrupt:
        typer.echo("stopped; the same command goes on from here", err=True)
        return STOPPED
    except HomeIsBusyError as error:
        typer.echo(str(error), err=True)
        return HOME_IS_BUSY


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def main() -> None:
    """Run the command line."""
    app()
