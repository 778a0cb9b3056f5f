"""`analytics history`: the steps of loading a history that is too large for one task; a job runs them."""

import json
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Literal

import typer

if TYPE_CHECKING:
    from analytics_platform.storage.histories.cutting import Histories
    from analytics_platform.tables.contract import Table

history_app = typer.Typer(
    help="Histories that are too large for one task: cut by date, then loaded by several workers at once.",
    no_args_is_help=True,
)

REFUSED = 2
LEFT = 1

Kept = Annotated[str, typer.Option("--histories", help="Where they are kept: a folder or s3://bucket/prefix")]
Dataset = Annotated[str, typer.Option(help="Table that they fill, such as prices")]
Job = Annotated[str, typer.Option(help="Name of the job: of each one runs at a time")]
Answer = Annotated[Path, typer.Option(dir_okay=False, help="File that takes the answer, as JSON")]


@history_app.command()
def plan(histories: Kept, dataset: Dataset, job: Job, answer: Answer, only: str = "") -> None:
    """List the histories to cut, and take back what an earlier run of the job still holds."""
    from analytics_platform.settings import settings
    from analytics_platform.storage.histories.loading import release_earlier
    from analytics_platform.storage.ledger.ledger import Ledger

    _table(dataset)
    keys = _opened(histories).keys(dataset, only)
    released = release_earlier(Ledger(settings().ledger_url), job)
    _tell(answer, {"histories": keys, "released": released})


@history_app.command()
def cut(
    key: Annotated[str, typer.Argument(help="Name of the history, as that of a delivery")],
    histories: Kept,
    answer: Answer,
    span: Annotated[Literal["year", "quarter", "month"], typer.Option(help="Length of a part")] = "year",
) -> None:
    """Cut a history into deliveries and put them into the landing zone; those that are there are left."""
    from analytics_platform.ingestion.accounting import AccountingError
    from analytics_platform.ingestion.dialects.toml_files import DialectError
    from analytics_platform.ingestion.faults import DeliveryRefused
    from analytics_platform.storage.landing.zone import LandingZoneError

    try:
        _tell(answer, _opened(histories).cut(key, span).model_dump())
    except (AccountingError, DeliveryRefused, DialectError, LandingZoneError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error


@history_app.command()
def load(
    dataset: Dataset,
    job: Job,
    answer: Answer,
    worker: Annotated[int, typer.Option(min=0, help="Number of this worker")] = 0,
    until: Annotated[float, typer.Option(help="Moment when the job ends at the latest, since 1970")] = 0,
) -> None:
    """Load what is owed of a table, beside other workers; what needs quarantine is left to the platform."""
    from analytics_platform.defs.resources import intake_resource
    from analytics_platform.settings import settings
    from analytics_platform.storage.histories.leases import run_name
    from analytics_platform.storage.histories.loading import PatientLedger, load_share

    started, run_id = time.time(), run_name(job, until or time.time() + 3600, worker)
    with intake_resource(settings()).opened() as intake:
        left = load_share(intake, PatientLedger(settings().ledger_url), _table(dataset), run_id)
    _tell(answer, {"run_id": run_id, "left": left, "seconds": round(time.time() - started, 1)})


@history_app.command()
def account(
    dataset: Dataset,
    cuts: Annotated[Path, typer.Option(exists=True, dir_okay=False, help="Answers of `cut`, as a JSON list")],
    answer: Answer,
) -> None:
    """Tell by the ledger whether every row of the histories is in the lake; else end with 1."""
    from dataclasses import asdict

    from analytics_platform.settings import settings
    from analytics_platform.storage.histories.cutting import CutHistory
    from analytics_platform.storage.histories.loading import account as account_of
    from analytics_platform.storage.lake.opening import open_lake
    from analytics_platform.storage.ledger.ledger import Ledger

    table = _table(dataset)
    told = [CutHistory.model_validate(each) for each in json.loads(cuts.read_text("utf-8"))]
    found = account_of(Ledger(settings().ledger_url), told)
    copied = open_lake(settings().lake_url, **settings().lake_options).arrange(table)
    _tell(answer, {**asdict(found), "rows_arranged": copied})
    for line in found.left:
        typer.echo(line, err=True)
    if not found.is_complete:
        raise typer.Exit(LEFT)


def _opened(kept: str) -> "Histories":
    from analytics_platform.settings import settings
    from analytics_platform.storage.histories.cutting import Histories
    from analytics_platform.storage.landing.zone import LandingZoneError, open_landing_zone

    try:
        return Histories(
            open_landing_zone(kept), open_landing_zone(settings().landing_url), settings().sources
        )
    except LandingZoneError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error


def _table(dataset: str) -> "Table":
    from analytics_platform.tables.registry import DELIVERED

    if dataset not in DELIVERED:
        typer.echo(f"there is no dataset '{dataset}'; name one of {', '.join(sorted(DELIVERED))}", err=True)
        raise typer.Exit(REFUSED)
    return DELIVERED[dataset]


def _tell(file: Path, told: dict[str, Any]) -> None:
    text = json.dumps(told)
    file.write_text(text, "utf-8")
    typer.echo(text)


if __name__ == "__main__":
    history_app()
