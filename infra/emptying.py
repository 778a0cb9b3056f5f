"""Empty the buckets of an installation that keeps nothing: ``python -m infra.emptying dev``; asks first."""

import sys
from collections.abc import Callable, Sequence
from typing import Any

import boto3
from botocore.exceptions import BotoCoreError, ClientError

from infra.configuration import BUCKETS, Configuration, ConfigurationError, configuration

_ABSENT = {"404", "NoSuchBucket"}


class EmptyingError(RuntimeError):
    """One line says what stays, why, and the cure."""


def empty(config: Configuration, ask: Callable[[str], str]) -> list[str]:
    """Delete all versions of all objects, after whoever asked has typed the name of the installation.

    Parameters
    ----------
    config : Configuration
        The installation.
    ask : callable
        Shows a question and returns what was typed.

    Returns
    -------
    list of str
        The buckets that are empty now.

    Raises
    ------
    EmptyingError
        If it keeps its data, the credentials are of another account, nobody confirmed, or AWS refuses.
    """
    if config.keeps_data:
        message = f"{config.prefix} keeps its data (keeps_data): change that and deploy storage first"
        raise EmptyingError(message)
    try:
        account = boto3.client("sts", region_name=config.region).get_caller_identity()["Account"]
        if account != config.account:
            message = (
                f"the credentials are of account {account}, {config.prefix} is in {config.account}; "
                "set AWS_PROFILE to that one"
            )
            raise EmptyingError(message)
        s3 = boto3.resource("s3", region_name=config.region)
        buckets = [bucket for each in BUCKETS if (bucket := _there(s3, config.bucket(each)))]
        names = [str(bucket.name) for bucket in buckets]
        if not names:
            return []
        if ask(f"All versions of all objects in {', '.join(names)}. Type {config.prefix}: ") != config.prefix:
            message = "nothing was deleted"
            raise EmptyingError(message)
        for bucket in buckets:
            _empty(bucket)
    except (BotoCoreError, ClientError) as error:
        message = f"AWS refuses: {error}; take a role that may delete objects"
        raise EmptyingError(message) from error
    return names


def _there(s3: Any, name: str) -> Any:  # noqa: ANN401 - boto3 has no types
    try:
        s3.meta.client.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] in _ABSENT:
            return None
        raise
    return s3.Bucket(name)


def _empty(bucket: Any) -> None:  # noqa: ANN401 - as above
    for answer in bucket.object_versions.delete():
        for refused in answer.get("Errors", []):
            message = (
                f"{bucket.name}: {refused['Key']} stays ({refused['Code']}); if its policy refuses: "
                f"aws s3api delete-bucket-policy --bucket {bucket.name}"
            )
            raise EmptyingError(message)


def main(arguments: Sequence[str]) -> int:
    """Empty them; 2 and one line if not."""
    try:
        for name in empty(configuration(arguments[0]), input):
            print(f"{name} is empty")  # noqa: T201 - what people run it for
    except (ConfigurationError, EmptyingError) as error:
        print(error, file=sys.stderr)  # noqa: T201
        return 2
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
