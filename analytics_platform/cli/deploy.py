"""`analytics deploy`: what a deployment to AWS would change, and the deployment. Arguments only."""

from pathlib import Path
from typing import Annotated

import typer

deploy_app = typer.Typer(help="Deploy to AWS, from a clone of the repository.", no_args_is_help=True)

Environment = Annotated[str, typer.Argument(help="Table of infra/environments.toml, such as dev")]
Stacks = Annotated[
    list[str] | None, typer.Option("--stack", help="Short name of a stack; may be repeated; default: all")
]
_RELEASE = typer.Option(exists=True, dir_okay=False, help="File of a release, as the pipeline has written it")


@deploy_app.command()
def plan(
    environment: Environment,
    release: Annotated[Path | None, _RELEASE] = None,
    stack: Stacks = None,
) -> None:
    """Print what would change, what would be destroyed, and the costs of a month; touches nothing."""
    from analytics_platform.cli.deploying.running import run_plan

    raise typer.Exit(run_plan(environment, release, stack or []))


@deploy_app.command()
def apply(
    environment: Environment,
    release: Annotated[Path | None, _RELEASE] = None,
    stack: Stacks = None,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask")] = False,
) -> None:
    """Print the plan, ask, and deploy just that."""
    from analytics_platform.cli.deploying.running import run_apply

    confirm = (lambda: True) if yes else (lambda: typer.confirm("Deploy this?"))
    raise typer.Exit(run_apply(environment, release, stack or [], confirm))
