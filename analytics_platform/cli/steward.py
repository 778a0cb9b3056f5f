"""The commands of the data steward, `quarantine` and `source`, and their arguments."""

from pathlib import Path
from typing import Annotated

import typer

quarantine_app = typer.Typer(help="What was refused: look, release, discard.", no_args_is_help=True)
source_app = typer.Typer(
    help="How a sender's files look: draft a dialect, check a file.", no_args_is_help=True
)

Key = Annotated[
    str, typer.Argument(help="File in the landing zone, such as positions/custodian-a_2013-03-01.csv")
]
Version = Annotated[str | None, typer.Option(help="Version of the file; default: the newest in quarantine")]
OneFile = Annotated[
    Path, typer.Argument(exists=True, dir_okay=False, help="A file as the sender delivers it")
]
Source = Annotated[str | None, typer.Option(help="Sender; default: what the name of the file says")]
Dataset = Annotated[str | None, typer.Option(help="Table; default: the name of the file's folder")]


@quarantine_app.command("list")
def list_(
    dataset: Annotated[str | None, typer.Option(help="Only files of this table")] = None,
) -> None:
    """Print what waits for a decision."""
    from analytics_platform.cli.quarantine import list_quarantine

    raise typer.Exit(list_quarantine(dataset))


@quarantine_app.command()
def show(key: Key, version: Version = None) -> None:
    """Print the reports of a file, and what is kept of it."""
    from analytics_platform.cli.quarantine import show_quarantine

    raise typer.Exit(show_quarantine(key, version))


@quarantine_app.command()
def release(key: Key, version: Version = None) -> None:
    """Owe a refused file again, after its dialect or the reference data was mended."""
    from analytics_platform.cli.quarantine import release_quarantine

    raise typer.Exit(release_quarantine(key, version))


@quarantine_app.command()
def discard(
    key: Key,
    reason: Annotated[str, typer.Option(help="Why it is never loaded; kept with the report")],
    version: Version = None,
) -> None:
    """Decide that a refused file is never loaded: the report stays, the file goes."""
    from analytics_platform.cli.quarantine import discard_quarantine

    raise typer.Exit(discard_quarantine(key, version, reason))


@source_app.command()
def new(
    file: OneFile,
    source: Source = None,
    dataset: Dataset = None,
    output: Annotated[Path | None, typer.Option(help="File to write; default: print it")] = None,
) -> None:
    """Draft the dialect of a sender from one file, with the evidence; what is open stays open."""
    from analytics_platform.cli.source import source_new

    raise typer.Exit(source_new(file, source, dataset, output))


@source_app.command()
def check(file: OneFile, source: Source = None, dataset: Dataset = None) -> None:
    """Show what of a file would be accepted, rejected and ignored, without loading it."""
    from analytics_platform.cli.source import source_check

    raise typer.Exit(source_check(file, source, dataset))
