"""`analytics package`: the archives that the slim container and the Lambda functions are made of."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from collections.abc import Callable

    from analytics_platform.archives.store import Built

package_app = typer.Typer(
    help="Archives for AWS: the same input makes the same file. Prints the address to give the container.",
    no_args_is_help=True,
)

REFUSED = 2

Output = Annotated[Path, typer.Option(file_okay=False, help="Folder for the archive")]
Upload = Annotated[
    str | None, typer.Option(help="Put it there unless it is there already, such as s3://bucket/archives")
]
_DIST = Path("dist")


@package_app.command()
def environment(
    output: Output = _DIST,
    upload: Upload = None,
    lock: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Lock file; default: requirements/aws.txt")
    ] = None,
) -> None:
    """Build the virtual environment of a lock; it runs on this kind of machine and this Python."""
    from analytics_platform.archives.build import LOCK, environment_archive

    _build("ENVIRONMENT_ARCHIVE", lambda: environment_archive(output, lock or LOCK), upload)


@package_app.command()
def code(output: Output = _DIST, upload: Upload = None) -> None:
    """Build the code of this checkout, with the dbt project parsed for both engines."""
    from analytics_platform.archives.build import code_archive

    _build("CODE_ARCHIVE", lambda: code_archive(output), upload)


@package_app.command()
def lambdas(output: Output = _DIST, upload: Upload = None) -> None:
    """Build the Lambda functions with what they know of this installation."""
    from analytics_platform.archives.build import lambda_archive
    from analytics_platform.settings import settings

    _build("LAMBDAS_ARCHIVE", lambda: lambda_archive(output, settings()), upload)


def _build(variable: str, build: "Callable[[], Built]", prefix: str | None) -> None:
    from analytics_platform.archives.faults import ArchiveError
    from analytics_platform.archives.store import upload
    from analytics_platform.triggers.due_list import DueListError

    try:
        built = build()
        typer.echo(f"{built.file}: {built.file.stat().st_size:,} bytes", err=True)
        address = built.address
        if prefix:
            address, is_new = upload(built, prefix)
            typer.echo("uploaded" if is_new else "it is there already: nothing was uploaded", err=True)
    except (ArchiveError, DueListError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
    typer.echo(f"{variable}={address}")
