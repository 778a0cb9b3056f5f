"""What `analytics deploy` says of an account that is not ready, on emulated AWS; nothing is deployed."""

import json
from collections.abc import Iterator

import pytest

from analytics_platform.cli.deploying.account import examine
from analytics_platform.cli.deploying.checkout import DeployError, Target
from analytics_platform_tests.integration.cloud import Cloud, emulated_cloud

ACCOUNT = "123456789012"  # of everybody who asks moto
_BOOTSTRAP = "/cdk-bootstrap/hnb659fds/version"
_BUCKET = "analytics-unready-archives"
_KEYS = ("archives/environment-1111111111111111.tar.gz", "archives/code-2222222222222222.tar.gz")


@pytest.fixture
def cloud() -> Iterator[Cloud]:
    with emulated_cloud() as cloud:
        yield cloud


@pytest.fixture
def bootstrapped(cloud: Cloud) -> Iterator[Cloud]:
    ssm = cloud.client("ssm")
    ssm.put_parameter(Name=_BOOTSTRAP, Value="30", Type="String", Overwrite=True)
    yield cloud
    ssm.delete_parameter(Name=_BOOTSTRAP)


def _target(cloud: Cloud, **changed: object) -> Target:
    described: dict[str, object] = {
        "account": ACCOUNT,
        "region": cloud.region,
        "prefix": "analytics-unready",
        "storage_stack": "analytics-unready-storage",
        "buckets": (_BUCKET,),
        "archives_bucket": _BUCKET,
        "archives": _KEYS,
        "repository": "analytics-unready-slim",
        "image": f"sha256:{'3' * 64}",
        "version": "1.0.0",
        "is_built": True,
    }
    return Target.model_validate({**described, **changed})


def _stack(cloud: Cloud) -> None:
    bucket = {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": _BUCKET}}
    template = json.dumps({"Resources": {"Bucket": bucket}})
    cloud.client("cloudformation").create_stack(StackName="analytics-unready-storage", TemplateBody=template)


def test_credentials_of_another_account_are_refused(bootstrapped: Cloud) -> None:
    with pytest.raises(DeployError, match=f"of account {ACCOUNT}, the environment is in 999988887777; set"):
        examine(_target(bootstrapped, account="999988887777"), None, with_release=False)


def test_another_region_of_the_shell_is_refused(bootstrapped: Cloud) -> None:
    with pytest.raises(DeployError, match="AWS_REGION is us-west-1, the environment is in"):
        examine(_target(bootstrapped), {"AWS_REGION": "us-west-1"}, with_release=False)


def test_an_account_without_bootstrap_is_refused(cloud: Cloud) -> None:
    with pytest.raises(DeployError, match="not bootstrapped; run: make bootstrap ENVIRONMENT=unready"):
        examine(_target(cloud), None, with_release=False)


def test_an_old_bootstrap_is_refused(bootstrapped: Cloud) -> None:
    bootstrapped.client("ssm").put_parameter(Name=_BOOTSTRAP, Value="6", Type="String", Overwrite=True)
    with pytest.raises(DeployError, match="of version 6, wanted is 8 or later"):
        examine(_target(bootstrapped), None, with_release=False)


def test_missing_credentials_are_told_in_a_line(
    bootstrapped: Cloud, monkeypatch: pytest.MonkeyPatch, tmp_path: object
) -> None:
    for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN", "AWS_PROFILE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_CONFIG_FILE", f"{tmp_path}/none")
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    with pytest.raises(DeployError, match="no credentials of AWS; log in with"):
        examine(_target(bootstrapped), None, with_release=False)


def test_a_bucket_outside_of_the_stack_is_refused(bootstrapped: Cloud) -> None:
    s3 = bootstrapped.client("s3")
    s3.create_bucket(Bucket=_BUCKET, CreateBucketConfiguration={"LocationConstraint": bootstrapped.region})
    try:
        with pytest.raises(DeployError, match="there already, outside of analytics-unready-storage"):
            examine(_target(bootstrapped), None, with_release=False)
    finally:
        s3.delete_bucket(Bucket=_BUCKET)


def test_a_release_whose_archives_are_missing_is_refused_and_nothing_missing_passes(
    bootstrapped: Cloud,
) -> None:
    _stack(bootstrapped)
    s3 = bootstrapped.client("s3")
    try:
        examine(_target(bootstrapped), None, with_release=False)  # the bucket is the stack's own
        with pytest.raises(DeployError, match=r"environment-1+\.tar\.gz of the release is missing"):
            examine(_target(bootstrapped), None, with_release=True)
        for key in _KEYS:
            s3.put_object(Bucket=_BUCKET, Key=key, Body=b"archive")
        with pytest.raises(DeployError, match="is not in analytics-unready-slim; push it there"):
            examine(_target(bootstrapped), None, with_release=True)
    finally:
        for key in _KEYS:
            s3.delete_object(Bucket=_BUCKET, Key=key)
        bootstrapped.client("cloudformation").delete_stack(StackName="analytics-unready-storage")
