"""`analytics local-aws`: the cloud side of the platform on one machine, without Docker."""

import signal
from pathlib import Path
from typing import Annotated

import typer

local_aws_app = typer.Typer(help="The cloud side on one machine.", no_args_is_help=True)

REFUSED = 2
_ENDS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


@local_aws_app.callback()
def _local_aws() -> None:
    """Keep `up` a command of its own: typer would take it for the only one."""


@local_aws_app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the emulated AWS; 0 takes a free one")] = 0,
    home: Annotated[Path | None, typer.Option(help="Data home; default: ANALYTICS_HOME")] = None,
    services: Annotated[bool, typer.Option(help="Start code server, daemon and webserver too")] = True,
) -> None:
    """Emulate AWS here, until interrupted: buckets, queues, state machines, functions, tasks as processes."""
    import threading
    from contextlib import suppress

    from analytics_platform.local_aws.variables import forget_account

    forget_account()
    try:
        from analytics_platform.local_aws.stack import local_stack
        from analytics_platform.local_aws.versions import EmulationError
    except ModuleNotFoundError as error:
        typer.echo(f"{error}; install analytics-platform[local-aws]", err=True)
        raise typer.Exit(REFUSED) from error
    from analytics_platform.cli.local_aws_told import how_to_try
    from analytics_platform.settings import Settings, settings

    of = settings() if home is None else Settings(home=home)
    for number in _ENDS:
        signal.signal(number, _end)
    try:
        with suppress(KeyboardInterrupt), local_stack(of, port=port, services=services) as stack:
            typer.echo(how_to_try(of, stack))
            threading.Event().wait()
        typer.echo("all tasks are ended")
    except EmulationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error


def _end(*_: object) -> None:
    """Leave, also out of the midst of the start; from now on nothing interrupts the end of all tasks."""
    for number in _ENDS:
        signal.signal(number, lambda *_: None)
    raise KeyboardInterrupt
