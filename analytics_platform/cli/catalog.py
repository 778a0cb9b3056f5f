"""`analytics catalog`: bringing the catalogue of Redshift and Athena in line with the lake."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from analytics_platform.storage.catalog.differences import Step

catalog_app = typer.Typer(
    help="The lake in the Glue catalogue, for Redshift and Athena.", no_args_is_help=True
)

DIFFERS, REFUSED = 1, 2
_SHOWN = 3


@catalog_app.callback()
def _catalog() -> None:
    """Keep `sync` a command of its own: typer would take it for the only one."""


@catalog_app.command()
def sync(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print; 1 if anything differs")] = False,
) -> None:
    """Add, change and remove tables and partitions until the catalogue says what the lake holds."""
    from analytics_platform.settings import settings
    from analytics_platform.storage.catalog.faults import CatalogError
    from analytics_platform.storage.catalog.glue import GlueCatalog
    from analytics_platform.storage.catalog.sync import sync as sync_catalog

    of = settings()
    if of.profile != "aws":
        told = f"ANALYTICS_PROFILE is {of.profile}: no catalogue describes {of.lake_url}; set it to aws"
        typer.echo(told, err=True)
        raise typer.Exit(REFUSED)
    try:
        catalog = GlueCatalog(of.catalog_database, of.lake_url, without=of.iceberg_tables)
        steps = sync_catalog(catalog, dry_run=dry_run)
    except CatalogError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    for step in steps:
        typer.echo(line(step, of.catalog_database))
    if not steps:
        typer.echo(f"the catalogue {of.catalog_database} says what {of.lake_url} holds")
    elif dry_run:
        typer.echo(f"{len(steps)} to do; `analytics catalog sync` does it")
        raise typer.Exit(DIFFERS)
    else:
        typer.echo(f"{len(steps)} done")


def line(step: "Step", database: str) -> str:
    """Return a step as one line: what is done to which table, and why."""
    what = f"{step.action:<6}  {database}.{step.table.name}"
    if step.partitions:
        shown = ", ".join("/".join(each.values) for each in step.partitions[:_SHOWN])
        more = ", ..." if len(step.partitions) > _SHOWN else ""
        what += f"  {len(step.partitions)} partitions ({shown}{more})"
    return f"{what}: {step.why}"
