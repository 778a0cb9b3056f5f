"""Buckets: the landing zone, the lake, and the files that COPY and UNLOAD exchange."""

import uuid

from botocore.exceptions import ClientError

from analytics_platform.cli.doctor_aws.asking import ProblemFoundError, client
from analytics_platform.settings import Settings

_PROBE = b"put by analytics doctor; it may be deleted"


def landing_zone(of: Settings) -> str:
    """Tell whether the bucket of the landing zone keeps versions and tells of uploads."""
    if not of.landing_url.startswith("s3://"):
        return f"{of.landing_url}, a folder: only who can write there can deliver"
    bucket, _ = _place(of.landing_url)
    s3 = client("s3")
    _found(s3, bucket, "ANALYTICS_LANDING_URL")
    status = s3.get_bucket_versioning(Bucket=bucket).get("Status")
    if status != "Enabled":
        message = (
            f"bucket {bucket} keeps no versions: a file that is put again overwrites; enable versioning "
            "before anybody delivers"
        )
        raise ProblemFoundError(message)
    return f"{of.landing_url}, versioned, {_notified(s3, bucket, of)}"


def lake(of: Settings) -> str:
    """Tell whether objects can be put, read and deleted where the lake is."""
    return _probed(of.lake_url, ".by_instrument/", "ANALYTICS_LAKE_URL")


def staging(of: Settings) -> str:
    """Tell whether objects can be put, read and deleted where COPY and UNLOAD exchange files."""
    told = _probed(of.staging_url or "", "", "ANALYTICS_STAGING_URL")
    bucket, _ = _place(of.staging_url or "")
    try:
        client("s3").get_bucket_lifecycle_configuration(Bucket=bucket)
    except ClientError:
        return f"{told}; no lifecycle rule is seen: what a killed run leaves there stays"
    return told


def _notified(s3: object, bucket: str, of: Settings) -> str:
    told = s3.get_bucket_notification_configuration(Bucket=bucket)  # type: ignore[attr-defined] # untyped
    queues = [str(each["QueueArn"]) for each in told.get("QueueConfigurations", [])]
    has_events = "EventBridgeConfiguration" in told
    if of.uploads_queue_url is not None:
        name = of.uploads_queue_url.rpartition("/")[2]
        if not has_events and not any(arn.rpartition(":")[2] == name for arn in queues):
            message = (
                f"bucket {bucket} does not tell the queue {name} of uploads: they are found by listing only; "
                "add a notification of s3:ObjectCreated:* to it"
            )
            raise ProblemFoundError(message)
    elif not has_events and not queues:
        return "tells nobody of uploads: the sensor lists it"
    said = [*(arn.rpartition(":")[2] for arn in queues), *(["EventBridge"] if has_events else [])]
    return f"tells {', '.join(said)}"


def _probed(url: str, below: str, setting: str) -> str:
    """Put, read and delete an object."""
    bucket, prefix = _place(url)
    s3 = client("s3")
    _found(s3, bucket, setting)
    key = f"{prefix}{below}.doctor_probe_{uuid.uuid4().hex}"
    s3.put_object(Bucket=bucket, Key=key, Body=_PROBE)
    try:
        content = s3.get_object(Bucket=bucket, Key=key)["Body"].read()
        next(iter(s3.list_objects_v2(Bucket=bucket, Prefix=key)["Contents"]))
    finally:
        s3.delete_object(Bucket=bucket, Key=key)
    if content != _PROBE:
        message = f"what was put at s3://{bucket}/{key} reads back otherwise; check what stands between"
        raise ProblemFoundError(message)
    return f"{url}: put, read, listed, deleted"


def _found(s3: object, bucket: str, setting: str) -> None:
    try:
        s3.head_bucket(Bucket=bucket)  # type: ignore[attr-defined] # boto3 has no types
    except ClientError as error:
        if error.response.get("Error", {}).get("Code") in {"404", "NoSuchBucket"}:
            message = f"there is no bucket {bucket}; make it, or set {setting}"
            raise ProblemFoundError(message) from error
        if error.response.get("Error", {}).get("Code") in {"301", "PermanentRedirect"}:
            message = f"bucket {bucket} is in another region; set AWS_DEFAULT_REGION to that"
            raise ProblemFoundError(message) from error
        raise


def _place(url: str) -> tuple[str, str]:
    bucket, _, prefix = url.removeprefix("s3://").partition("/")
    return bucket, f"{prefix.strip('/')}/" if prefix.strip("/") else ""
