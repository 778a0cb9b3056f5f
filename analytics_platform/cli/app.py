"""The commands and their arguments; imports wait until a command needs them."""

import sys
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from pydantic import ValidationError

from analytics_platform.cli import started  # noqa: F401 - the clock starts with this import
from analytics_platform.cli.api_key import api_key_app
from analytics_platform.cli.catalog import catalog_app
from analytics_platform.cli.deploy import deploy_app
from analytics_platform.cli.history import history_app
from analytics_platform.cli.local_aws import local_aws_app
from analytics_platform.cli.package import package_app
from analytics_platform.cli.redrive import redrive
from analytics_platform.cli.runs import runs_app
from analytics_platform.cli.service import service_app
from analytics_platform.cli.steward import quarantine_app, source_app
from analytics_platform.cli.warehouse import warehouse_app

REFUSED = 2

app = typer.Typer(
    help="From files to trusted numbers: land, materialize, read.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
app.add_typer(quarantine_app, name="quarantine")
app.add_typer(source_app, name="source")
app.add_typer(api_key_app, name="api-key")
app.add_typer(catalog_app, name="catalog")
app.add_typer(warehouse_app, name="warehouse")
app.add_typer(service_app, name="service")
app.add_typer(local_aws_app, name="local-aws")
app.add_typer(runs_app, name="runs")
app.add_typer(package_app, name="package")
app.add_typer(history_app, name="history")
app.add_typer(deploy_app, name="deploy")

Select = Annotated[
    str | None, typer.Option(help="Asset selection, such as 'group:risk+' or 'key:lake/prices'")
]

AsKnownAt = Annotated[
    str | None,
    typer.Option(help="What was published at a moment, such as 2013-03-01T18:00:00Z; default: now"),
]


@app.command()
def demo() -> None:
    """Run the whole chain on the sample data and print the risk table."""
    from analytics_platform.cli.alone import alone
    from analytics_platform.cli.demo import run_demo

    raise typer.Exit(alone(run_demo))


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
    sessions_a_run: Annotated[int, typer.Option(min=1, help="Most sessions of one run")] = 500,
) -> None:
    """Materialize a range of sessions, in this process, without a daemon."""
    from analytics_platform.cli.alone import alone
    from analytics_platform.cli.backfill import run_backfill

    raise typer.Exit(
        alone(lambda: run_backfill(first.date(), last.date(), select, sessions_a_run=sessions_a_run))
    )


@app.command()
def report(
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Session; default: the last")
    ] = None,
    portfolio: Annotated[str | None, typer.Option(help="One portfolio; default: all")] = None,
    as_known_at: AsKnownAt = None,
) -> None:
    """Print the risk table of a session, as it is published or as it was at a moment."""
    from analytics_platform.cli.report import print_report

    raise typer.Exit(print_report(_date(day), portfolio, as_known_at))


@app.command()
def explain(
    portfolio: Annotated[str, typer.Option(help="Portfolio")],
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Session")],
    metric: Annotated[str, typer.Option(help="Metric, such as nav, day_pnl, ytd, var_99 or es_97_5")],
    as_known_at: AsKnownAt = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs")] = False,
) -> None:
    """Print the chain from a metric down to the rows of the files, and the run that computed it."""
    from analytics_platform.cli.explain import run_explain

    raise typer.Exit(run_explain(portfolio, day.date(), metric, as_known_at, as_json=as_json))


@app.command("what-if")
def what_if(
    portfolio: Annotated[str, typer.Option(help="Portfolio, with all that is below it")],
    trade: Annotated[
        list[str], typer.Option(help="INSTRUMENT:QUANTITY to buy, with a minus to sell; may be repeated")
    ],
    day: Annotated[
        datetime | None, typer.Option("--date", formats=["%Y-%m-%d"], help="Session; default: the last")
    ] = None,
    as_known_at: AsKnownAt = None,
) -> None:
    """Print what trades would do to VaR and expected shortfall, from the stored scenarios."""
    import gc

    gc.disable()  # imports make no garbage, and looking for it takes a tenth of the second there is
    from analytics_platform.cli.what_if import run_what_if

    raise typer.Exit(run_what_if(portfolio, trade, _date(day), as_known_at))


@app.command()
def diff(
    day: Annotated[datetime, typer.Option("--date", formats=["%Y-%m-%d"], help="Session")],
    first: Annotated[str, typer.Option("--from", help="Moment with its zone, such as 2013-03-01T18:00:00Z")],
    second: Annotated[str, typer.Option("--to", help="Later moment")],
    portfolio: Annotated[str | None, typer.Option(help="One portfolio and what is below it")] = None,
    as_json: Annotated[bool, typer.Option("--json", help="For programs: everything, in full")] = False,
) -> None:
    """Print what changed for a session between two moments, and why; like diff, 1 if anything did."""
    from analytics_platform.cli.diff import run_diff

    raise typer.Exit(run_diff(day.date(), first, second, portfolio, as_json=as_json))


@app.command()
def reconcile(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print; 1 if there is a gap")] = False,
) -> None:
    """Print every gap between landing zone, ledger and lake, and close those that can be closed."""
    from analytics_platform.cli.alone import alone
    from analytics_platform.cli.reconcile import run_reconcile

    raise typer.Exit(run_reconcile(dry_run=True) if dry_run else alone(lambda: run_reconcile(dry_run=False)))


@app.command()
def serve(
    port: Annotated[int, typer.Option(help="Port to listen on")] = 8000,
    host: Annotated[
        str | None, typer.Option(help="Address to listen on; default: ANALYTICS_API_HOST, 127.0.0.1")
    ] = None,
) -> None:
    """Serve the API, the site and the pages."""
    from analytics_platform.cli.serve import run_server

    raise typer.Exit(run_server(port, host))


@app.command()
def dev(port: Annotated[int, typer.Option(help="Port on this machine")] = 3000) -> None:
    """Open the Dagster UI with its daemon on this machine."""
    from analytics_platform.cli.dev import run_dagster

    run_dagster(port)


@app.command()
def doctor(
    profile: Annotated[
        str | None, typer.Option(help="local or aws; default: the profile in force (ANALYTICS_PROFILE)")
    ] = None,
) -> None:
    """Check that this installation can work, one line a question; --profile aws asks AWS too."""
    from analytics_platform.cli.doctor import examine

    raise typer.Exit(examine(profile))


app.command()(redrive)


@app.command("dbt-manifest")
def dbt_manifest() -> None:
    """Parse the dbt project, so that no import and no run has to."""
    from analytics_platform.defs.dbt import parse_project
    from analytics_platform.settings import settings

    of = settings()
    parse_project(of.dbt_project, of.dbt_target, of.dbt_engine)


def _date(moment: datetime | None) -> date | None:
    return moment.date() if moment else None


def main() -> None:
    """Run the command line; settings that were refused end it with a line each, whoever has read them."""
    try:
        app()
    except ValidationError as error:
        if error.title != "Settings":
            raise
        from analytics_platform.cli.refused_settings import refusals

        typer.echo("\n".join(refusals(error)), err=True)
        sys.exit(REFUSED)
