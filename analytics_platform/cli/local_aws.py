"""`analytics local-aws`: the cloud side of the platform on one machine, without Docker."""

from typing import Annotated

import typer

local_aws_app = typer.Typer(help="The cloud side on one machine.", no_args_is_help=True)

REFUSED = 2


@local_aws_app.callback()
def _local_aws() -> None:
    """Keep `up` a command of its own: typer would take it for the only one."""


@local_aws_app.command()
def up(
    port: Annotated[int, typer.Option(help="Port of the emulated AWS; 0 takes a free one")] = 0,
    services: Annotated[bool, typer.Option(help="Start code server, daemon and webserver too")] = True,
) -> None:
    """Emulate AWS here, until interrupted: buckets, queues, state machines, functions, tasks as processes."""
    import signal
    import threading

    try:
        from analytics_platform.local_aws.stack import local_stack
        from analytics_platform.local_aws.versions import EmulationError
    except ModuleNotFoundError as error:
        typer.echo(f"{error}; install analytics-platform[local-aws]", err=True)
        raise typer.Exit(REFUSED) from error
    from analytics_platform.cli.local_aws_told import how_to_try
    from analytics_platform.settings import settings

    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    try:
        with local_stack(settings(), port=port, services=services) as stack:
            typer.echo(how_to_try(settings(), stack))
            ended.wait()
            typer.echo("ending all tasks")
    except EmulationError as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(REFUSED) from error
