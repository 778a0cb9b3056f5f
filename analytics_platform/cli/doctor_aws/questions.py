"""Which questions are asked about AWS: all with the profile aws, else about what the settings name."""

from collections.abc import Iterator
from functools import partial
from importlib.metadata import PackageNotFoundError, version

import boto3

from analytics_platform.cli.doctor_aws import buckets, databases, machines, queues
from analytics_platform.cli.doctor_aws.asking import ProblemFoundError, Question, client
from analytics_platform.settings import Settings
from analytics_platform.triggers.state_machines import NAMES

PACKAGES = (
    "boto3",
    "dagster-aws",
    "dagster-postgres",
    "dbt-redshift",
    "psycopg2-binary",
    "redshift-connector",
)
_CATALOGUE_SECONDS = 30.0
_MANY_CALLS_SECONDS = 10.0
_NOT_SET = "ANALYTICS_{}: not set, {}"


def questions(of: Settings) -> Iterator[Question]:
    """Give the questions in the order of what rests on what."""
    is_aws = of.profile == "aws"
    uses_queues = of.uploads_queue_url is not None or of.requests_queue_url is not None
    if not (is_aws or uses_queues or of.landing_url.startswith("s3://")):
        return
    if is_aws:
        yield Question("packages for aws", _packages)
    yield Question("region", _region)
    yield Question("credentials", _identity, "sts")
    yield Question("landing zone", partial(buckets.landing_zone, of), "s3")
    if is_aws:
        yield Question("lake bucket", partial(buckets.lake, of), "s3")
        yield Question("staging bucket", partial(buckets.staging, of), "s3")
    yield from _messages(of)
    if of.requests_queue_url is not None or of.materialize_machine is not None:
        yield from _machines(of)
    if is_aws:
        yield Question("glue catalogue", partial(databases.catalogue, of), "glue", _CATALOGUE_SECONDS)
        yield Question(
            "redshift", partial(databases.redshift, of), "redshift-serverless", _MANY_CALLS_SECONDS
        )
    yield Question("dagster", partial(databases.dagster, of), seconds=_MANY_CALLS_SECONDS)
    if "EcsRunLauncher" in of.dagster_template.read_text("utf-8"):
        yield Question("task definition of runs", partial(machines.task_definition, of), "ecs")


def _messages(of: Settings) -> Iterator[Question]:
    without = {
        "uploads": "the landing zone is listed instead",
        "requests": "no state machine can ask for runs",
    }
    for name, url in (("uploads", of.uploads_queue_url), ("requests", of.requests_queue_url)):
        told = _NOT_SET.format(f"{name.upper()}_QUEUE_URL", without[name])
        ask = partial(str, told) if url is None else partial(queues.queue, url, name)
        yield Question(f"queue of {name}", ask, "sqs", _MANY_CALLS_SECONDS)
    if of.notifications_topic is None:
        told = _NOT_SET.format("NOTIFICATIONS_TOPIC", f"alerts go to {of.alerts} only")
        yield Question("notifications topic", partial(str, told))
    else:
        yield Question("notifications topic", partial(queues.topic, of.notifications_topic), "sns")


def _machines(of: Settings) -> Iterator[Question]:
    found = machines.Machines(of)
    for name in NAMES:
        yield Question(f"state machine {name}", partial(found.machine, name), "states", _MANY_CALLS_SECONDS)
    yield Question("functions", found.functions, "lambda", _MANY_CALLS_SECONDS)
    yield Question("ECS cluster", found.cluster, "ecs")


def _packages() -> str:
    try:
        return ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    except PackageNotFoundError as error:
        message = f"{error}; install analytics-platform[aws]"
        raise ProblemFoundError(message) from error


def _region() -> str:
    region = boto3.session.Session().region_name
    if region is None:
        message = "no region is set; set AWS_DEFAULT_REGION"
        raise ProblemFoundError(message)
    endpoint = str(client("sts").meta.endpoint_url)
    return region if endpoint.endswith("amazonaws.com") else f"{region}, by the endpoint {endpoint}"


def _identity() -> str:
    told = client("sts").get_caller_identity()
    return f"account {told['Account']} as {told['Arn']}"
