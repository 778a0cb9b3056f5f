"""`analytics service`: the processes of Dagster that stay, each for a container of its own."""

import os
import sys
from typing import Annotated, NoReturn

import typer

service_app = typer.Typer(help="The services of Dagster, for containers.", no_args_is_help=True)

CODE = "analytics_platform.definitions"
LOG = ["--log-format", "json"]  # one line an event, without colours: made to be collected
Host = Annotated[str, typer.Option(help="Address to listen on; nobody is asked who they are")]


@service_app.command()
def prepare(
    migrate: Annotated[bool, typer.Option("--migrate", help="Also bring old tables up to date")] = False,
) -> None:
    """Create the tables of the instance, and the database of the ledger where its server has none.

    With --migrate after an update of Dagster, all services stopped.
    """
    from analytics_platform.cli.service_start import prepare_storage

    raise typer.Exit(prepare_storage(migrate=migrate))


@service_app.command("code-server")
def code_server(
    host: Host = "127.0.0.1", port: Annotated[int, typer.Option(help="Port to listen on")] = 4000
) -> None:
    """Serve the definitions to daemon and webserver."""
    arguments = ["code-server", "start", "-m", CODE, "--host", host, "--port", str(port), *LOG]
    _become("dagster", [*arguments, "--location-name", CODE])


@service_app.command()
def daemon() -> None:
    """Run sensors, schedules, the queue and the monitoring of runs; a second one on a home is refused."""
    _become("dagster._daemon", ["run", "--workspace", _workspace(), *LOG], is_daemon=True)


@service_app.command()
def webserver(
    host: Host = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on")] = 3000,
    read_only: Annotated[bool, typer.Option("--read-only", help="Let nobody change anything")] = False,
    path_prefix: Annotated[str, typer.Option(help="Path under which a proxy shows it")] = "",
) -> None:
    """Serve the UI of Dagster; publish it behind a proxy with a login only."""
    arguments = ["--host", host, "--port", str(port), "--workspace", _workspace(), *LOG]
    prefix = ["--path-prefix", path_prefix] if path_prefix else []
    _become("dagster_webserver", [*arguments, *prefix, *(["--read-only"] if read_only else [])])


def _workspace() -> str:
    from analytics_platform.settings import settings

    return str(settings().dagster_workspace)


def _become(module: str, arguments: list[str], *, is_daemon: bool = False) -> NoReturn:
    """Become a process of Dagster on the instance of this installation, so that signals reach it directly."""
    from analytics_platform.cli.service_start import hold_daemon, prepare_storage
    from analytics_platform.settings import dagster_environment, settings

    has_workspace = "--workspace" in arguments
    refused = prepare_storage(has_workspace=has_workspace) or (hold_daemon() if is_daemon else 0)
    if refused:
        raise typer.Exit(refused)
    os.execve(sys.executable, [sys.executable, "-m", module, *arguments], dagster_environment(settings()))  # noqa: S606 - fixed commands
