"""What `analytics local-aws up` tells: the addresses, and lines to copy."""

import shlex
from typing import TYPE_CHECKING

from analytics_platform.settings import Settings
from analytics_platform.storage import files

if TYPE_CHECKING:
    from analytics_platform.local_aws.stack import LocalStack

EXAMPLE = "1_first/prices/exchange_2013-03-01.csv"


def how_to_try(of: Settings, stack: "LocalStack") -> str:
    """Write the variables to a file that a shell can read; return what is told."""
    variables = of.home / "local-aws.env"
    lines = [f"export {name}={shlex.quote(value)}\n" for name, value in sorted(stack.environment.items())]
    files.write_text(variables, "".join(lines))
    example, machines = of.sample_data / EXAMPLE, stack.account.machines
    session = '--input \'{"session": "2013-03-01"}\''
    key = "/".join(example.parts[-2:])
    told = [
        f"AWS     {stack.endpoint} (emulated)",
        f"Dagster {stack.webserver or 'not started'}",
        "",
        "In another shell:",
        f"  source {shlex.quote(str(variables))}",
        f"  aws s3 cp {shlex.quote(str(example))} s3://{stack.account.landing}/{key}",
        f"  aws stepfunctions list-executions --state-machine-arn {machines['on_upload']}",
        f"  aws stepfunctions start-execution --state-machine-arn {machines['end_of_day']} {session}",
        f"  aws sqs receive-message --queue-url {stack.account.notifications_queue}",
        "  analytics serve",
        "",
        f"What tasks print is in {of.home / 'tasks'}. Ctrl-C ends all.",
    ]
    return "\n".join(told)
