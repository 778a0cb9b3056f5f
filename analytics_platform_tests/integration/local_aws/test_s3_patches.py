"""A listing of versions in the emulation copies no contents, and tells what S3 tells."""

import pytest
from moto.s3.models import FakeKey

from analytics_platform_tests.integration.local_aws.cluster import Cluster


def test_a_listing_copies_no_object_and_tells_each_version_newest_first(
    cluster: Cluster, monkeypatch: pytest.MonkeyPatch
) -> None:
    s3, bucket = cluster.cloud.client("s3"), "listed-versions"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": cluster.cloud.region})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    put = [s3.put_object(Bucket=bucket, Key=key, Body=b"x")["VersionId"] for key in ("a", "b", "b")]
    s3.delete_object(Bucket=bucket, Key="a")

    def copied(_: FakeKey) -> None:
        pytest.fail("an object is copied")

    with monkeypatch.context() as patched:
        patched.setattr(FakeKey, "__getstate__", copied)
        told = s3.list_object_versions(Bucket=bucket)
    versions = [(each["Key"], each["VersionId"], each["IsLatest"]) for each in told["Versions"]]
    assert versions == [("a", put[0], False), ("b", put[2], True), ("b", put[1], False)]
    assert [(each["Key"], each["IsLatest"]) for each in told["DeleteMarkers"]] == [("a", True)]
