"""`analytics warehouse`: making ready in Redshift what dbt builds in."""

from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from analytics_platform.settings import Settings
    from analytics_platform.storage.redshift.bootstrap import Plan
    from analytics_platform.storage.redshift.login import RedshiftLogin

warehouse_app = typer.Typer(help="The warehouse in Redshift.", no_args_is_help=True)

REFUSED = 2


@warehouse_app.callback()
def _warehouse() -> None:
    """Keep `bootstrap` a command of its own: typer would take it for the only one."""


@warehouse_app.command()
def bootstrap(
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only print what would be run")] = False,
) -> None:
    """Make schemas, external schema, group of readers and grants; what stands already stays as it is."""
    from analytics_platform.cli.catalog import line
    from analytics_platform.settings import settings
    from analytics_platform.storage.catalog.faults import CatalogError
    from analytics_platform.storage.catalog.glue import GlueCatalog
    from analytics_platform.storage.catalog.sync import sync
    from analytics_platform.storage.redshift.bootstrap import bootstrap as bootstrap_redshift
    from analytics_platform.storage.redshift.faults import RedshiftError

    of = settings()
    if of.profile != "aws":
        told = f"ANALYTICS_PROFILE is {of.profile}: DuckDB needs no bootstrap; set it to aws"
        typer.echo(told, err=True)
        raise typer.Exit(REFUSED)
    try:
        # The external schema shows what the catalogue holds: dbt reads tables before their first delivery.
        catalog = GlueCatalog(of.catalog_database, of.lake_url, without=of.iceberg_tables)
        steps = sync(catalog, dry_run=dry_run)
        if of.iceberg_tables and not dry_run:
            _make_iceberg(of)
        statements = bootstrap_redshift(_login(of), _plan(of), dry_run=dry_run)
    except (CatalogError, RedshiftError, ValueError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    for step in steps:
        typer.echo(line(step, of.catalog_database))
    for statement in statements:
        typer.echo(f"{statement};")
    end = "to run; `analytics warehouse bootstrap` runs them" if dry_run else "run"
    catalogued = f"catalogue {of.catalog_database}: {len(steps)} {'to do' if dry_run else 'done'}"
    typer.echo(f"{catalogued}; {of.redshift_host}: {len(statements)} statements {end}")


def _make_iceberg(of: "Settings") -> None:
    from analytics_platform.storage.iceberg.opening import tables_in_glue

    tables = tables_in_glue(of.iceberg_tables, database=of.catalog_database, lake_url=of.lake_url)
    for name in of.iceberg_tables:
        tables.make(name)


def _login(of: "Settings") -> "RedshiftLogin":
    from analytics_platform.storage.redshift.login import RedshiftLogin

    return RedshiftLogin(
        host=str(of.redshift_host),
        port=of.redshift_port,
        database=of.redshift_database,
        user=of.redshift_user,
        password=of.redshift_password.get_secret_value() if of.redshift_password else None,
        workgroup=of.redshift_workgroup,
        cluster=of.redshift_cluster,
        tls=of.redshift_tls,
        timeout_seconds=of.redshift_timeout_seconds,
    )


def _plan(of: "Settings") -> "Plan":
    from analytics_platform.storage.redshift.bootstrap import Plan

    return Plan(of.catalog_database, of.redshift_readers, of.redshift_copy_role)
