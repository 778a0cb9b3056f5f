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
Image = Annotated[
    Path | None, typer.Option(dir_okay=False, help="OCI archive of the slim image, as `make image` makes it")
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


@package_app.command()
def bundle(output: Output = _DIST / "bundle", image: Image = None) -> None:
    """Build what is deployed of this commit, between versions: archives, image, their digests."""
    from analytics_platform.archives.releases.bundles import Parts, build_bundle

    _refused_in_a_line(lambda: typer.echo(build_bundle(output, Parts(image))))


@package_app.command()
def release(
    version: Annotated[str, typer.Argument(help="Such as 1.2.0, as in pyproject.toml and CHANGELOG.md")],
    output: Output = _DIST,
    image: Image = None,
    signing_key: Annotated[
        Path | None, typer.Option(dir_okay=False, help="Key of SSH that signs the digests")
    ] = None,
) -> None:
    """Build a release into release-VERSION: archives, wheel, bill of materials, signed digests."""
    from analytics_platform.archives.releases.bundles import Parts, build_release, is_installation
    from analytics_platform.settings import settings

    def act() -> None:
        typer.echo(build_release(output, version, Parts(image, signing_key=signing_key), settings()))
        if not is_installation(settings()):
            typer.echo("ANALYTICS_LANDING_URL names no bucket: without an archive of functions", err=True)
        if image is None:
            typer.echo("without --image: this release cannot be deployed", err=True)
        if signing_key is None:
            typer.echo("without --signing-key: the digests are not signed", err=True)

    _refused_in_a_line(act)


@package_app.command()
def promote(
    folder: Annotated[Path, typer.Argument(file_okay=False, help="Folder of a bundle or a release")],
    environment: Annotated[str, typer.Argument(help="Table of infra/environments.toml, such as dev")],
) -> None:
    """Put archives and image of a release where an installation takes them from; builds nothing."""
    from analytics_platform.archives.faults import ArchiveError
    from analytics_platform.archives.releases.bundles import MANIFEST
    from analytics_platform.archives.releases.promotion import Place, promote
    from analytics_platform.cli.deploying.checkout import DeployError, checkout

    def act() -> None:
        try:
            target = checkout(Path.cwd()).target(environment, folder / MANIFEST)
        except DeployError as error:
            raise ArchiveError(str(error)) from error
        place = Place(target.account, target.region, target.archives_bucket, target.repository)
        typer.echo("\n".join(promote(folder, place)))

    _refused_in_a_line(act)


def _refused_in_a_line(act: "Callable[[], None]") -> None:
    from analytics_platform.archives.faults import ArchiveError
    from analytics_platform.triggers.due_list import DueListError

    try:
        act()
    except (ArchiveError, DueListError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error


def _build(variable: str, build: "Callable[[], Built]", prefix: str | None) -> None:
    from analytics_platform.archives.store import upload

    def act() -> None:
        built = build()
        typer.echo(f"{built.file}: {built.file.stat().st_size:,} bytes", err=True)
        address = built.address
        if prefix:
            address, is_new = upload(built, prefix)
            typer.echo("uploaded" if is_new else "it is there already: nothing was uploaded", err=True)
        typer.echo(f"{variable}={address}")

    _refused_in_a_line(act)
