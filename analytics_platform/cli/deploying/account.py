"""What must be in the account before a deployment; everything here only looks."""

from collections.abc import Iterator, Mapping, Sequence
from pathlib import PurePosixPath
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import (
    BotoCoreError,
    ClientError,
    CredentialRetrievalError,
    NoCredentialsError,
    PartialCredentialsError,
    ProfileNotFound,
    SSOError,
    TokenRetrievalError,
)

from analytics_platform.cli.deploying.checkout import DeployError, Target

_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_BOOTSTRAP_VERSION = 8
_QUICK = Config(connect_timeout=5, read_timeout=20, retries={"total_max_attempts": 2})
_ABSENT = frozenset({"404", "NoSuchBucket", "NotFound", "NoSuchKey"})
_CLOSED = "403"
_LEFT = frozenset({"DELETE_COMPLETE", "DELETE_SKIPPED"})
_NEVER_MADE = frozenset({"ROLLBACK_COMPLETE", "ROLLBACK_FAILED"})


def examine(target: Target, regions: Mapping[str, str] | None, *, with_release: bool) -> None:
    """Look whether an account is ready.

    Parameters
    ----------
    target : Target
        What is deployed, and where to.
    regions : mapping of str to str or None
        Variables of the caller's shell that name a region, such as ``AWS_REGION``.
    with_release : bool
        Whether archives and image must be there.

    Raises
    ------
    DeployError
        At the first thing that is not as it must be.
    """
    for name, region in (regions or {}).items():
        if region != target.region:
            message = f"{name} is {region}, the environment is in {target.region}; unset it, or set it so"
            raise DeployError(message)
    try:
        session = boto3.Session(region_name=target.region)
        _identity(session, target)
        _bootstrap(session, target)
        _buckets(session, target)
        if with_release:
            _archives(session, target)
            _image(session, target)
    except ProfileNotFound as error:
        message = f"{error}; set AWS_PROFILE to one of: aws configure list-profiles"
        raise DeployError(message) from error
    except BotoCoreError as error:
        message = f"AWS cannot be asked: {error}; look at the network and at AWS_PROFILE"
        raise DeployError(message) from error
    except ClientError as error:
        message = f"AWS refuses to tell: {error}; take a role that may read what it names"
        raise DeployError(message) from error


def _identity(session: boto3.Session, target: Target) -> None:
    try:
        account = _client(session, "sts").get_caller_identity()["Account"]
    except (NoCredentialsError, PartialCredentialsError) as error:
        message = "there are no credentials of AWS; log in with: aws sso login, and set AWS_PROFILE"
        raise DeployError(message) from error
    except ClientError as error:
        message = f"the credentials are refused ({_code(error)}); log in anew with: aws sso login"
        raise DeployError(message) from error
    except (SSOError, TokenRetrievalError, CredentialRetrievalError) as error:
        message = f"there are no fresh credentials ({error}); log in anew with: aws sso login"
        raise DeployError(message) from error
    if account != target.account:
        message = (
            f"the credentials are of account {account}, the environment is in {target.account}; "
            "set AWS_PROFILE to that one"
        )
        raise DeployError(message)


def _bootstrap(session: boto3.Session, target: Target) -> None:
    cure = f"run: make bootstrap ENVIRONMENT={target.environment}"
    ssm = _client(session, "ssm")
    try:
        version = ssm.get_parameter(Name=_BOOTSTRAP)["Parameter"]["Value"]
    except ssm.exceptions.ParameterNotFound as error:
        message = f"account and region are not bootstrapped; {cure}"
        raise DeployError(message) from error
    if not version.isdigit() or int(version) < _BOOTSTRAP_VERSION:
        message = f"the bootstrap is of version {version}, wanted is {_BOOTSTRAP_VERSION} or later; {cure}"
        raise DeployError(message)


def _buckets(session: boto3.Session, target: Target) -> None:
    s3, owned = _client(session, "s3"), _resources(session, target.storage_stack)
    for bucket in target.buckets:
        try:
            s3.head_bucket(Bucket=bucket)
        except ClientError as error:
            if _code(error) in _ABSENT:
                continue
            if _code(error) != _CLOSED:
                raise
            message = (
                f"the bucket {bucket} is taken by another account, or closed to you; "
                "change the environment's name, or take a role that may list it"
            )
            raise DeployError(message) from error
        if bucket not in owned:
            message = (
                f"the bucket {bucket} is there already, outside of {target.storage_stack}; "
                "import it with: cdk import, or empty and delete it"
            )
            raise DeployError(message)


def _resources(session: boto3.Session, stack: str) -> frozenset[str]:
    """Return the physical names of the resources of a stack; none if there is no stack."""
    pages = _client(session, "cloudformation").get_paginator("list_stack_resources")
    try:
        return frozenset(
            each["PhysicalResourceId"]
            for page in pages.paginate(StackName=stack)
            for each in page["StackResourceSummaries"]
            if "PhysicalResourceId" in each and each["ResourceStatus"] not in _LEFT
        )
    except ClientError as error:
        if _is_no_stack(error):
            return frozenset()
        raise


def remarks(target: Target, stacks: Sequence[str]) -> Iterator[str]:
    """Yield what a comparison of templates does not tell: a stack that failed has one, and nothing of it."""
    cloudformation = _client(boto3.Session(region_name=target.region), "cloudformation")
    for stack in stacks:
        try:
            status = cloudformation.describe_stacks(StackName=stack)["Stacks"][0]["StackStatus"]
        except (BotoCoreError, ClientError) as error:
            if not (isinstance(error, ClientError) and _is_no_stack(error)):
                yield f"{stack}: whether it failed before cannot be seen ({error})"
            continue
        if status in _NEVER_MADE:
            yield f"{stack} failed when it was made ({status}): all of it is made, whatever differs above"


def _is_no_stack(error: ClientError) -> bool:
    return _code(error) == "ValidationError" and "does not exist" in str(error)


def _archives(session: boto3.Session, target: Target) -> None:
    s3 = _client(session, "s3")
    for key in target.archives:
        try:
            s3.head_object(Bucket=target.archives_bucket, Key=key)
        except ClientError as error:
            if _code(error) not in _ABSENT:
                raise
            kind, folder = PurePosixPath(key).name.split("-")[0], PurePosixPath(key).parent
            message = (
                f"s3://{target.archives_bucket}/{key} of the release is missing; "
                f"put it there with: analytics package {kind} --upload s3://{target.archives_bucket}/{folder}"
            )
            raise DeployError(message) from error


def _image(session: boto3.Session, target: Target) -> None:
    ecr = _client(session, "ecr")
    try:
        ecr.describe_images(repositoryName=target.repository, imageIds=[{"imageDigest": target.image}])
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException) as error:
        message = (
            f"the image {target.image} is not in {target.repository}; "
            f"push it there with: make promote ENVIRONMENT={target.environment}"
        )
        raise DeployError(message) from error


def _client(session: boto3.Session, service: str) -> Any:  # noqa: ANN401 - clients have no types
    return session.client(service, config=_QUICK)


def _code(error: ClientError) -> str:
    return str(error.response["Error"]["Code"])
