"""The landing zone in a bucket: every version, in its order, whatever the clock of the bucket can tell."""

from itertools import pairwise
from pathlib import Path

import pytest

from analytics_platform.storage.landing.zone import LandingZoneError, ObjectVersion, open_landing_zone
from analytics_platform.storage.landing.zone_s3 import S3LandingZone
from analytics_platform_tests.integration.aws import EmulatedS3

KEY = "prices/vendor_2013-02-28.csv"


@pytest.fixture
def bucket(s3: EmulatedS3) -> str:
    return s3.new_bucket()


def _file(folder: Path, text: str) -> Path:
    path = folder / f"upload-{text}.csv"
    path.write_text(text)
    return path


def _texts(zone: S3LandingZone, versions: list[ObjectVersion], folder: Path) -> list[str]:
    return [zone.fetch(version, folder).read_text() for version in versions]


def test_every_version_stays_readable_below_a_prefix(s3: EmulatedS3, bucket: str, tmp_path: Path) -> None:
    zone = open_landing_zone(f"s3://{bucket}/in/coming/")
    assert isinstance(zone, S3LandingZone)
    s3.put(bucket, "elsewhere/x.csv", "not ours")
    s3.put(bucket, "in/coming/prices/", "")
    put = [zone.put(KEY, _file(tmp_path, text)) for text in ("one", "two", "one")]
    assert sorted(zone.versions()) == put
    assert _texts(zone, put, tmp_path) == ["one", "two", "one"]
    assert {version.key for version in put} == {KEY}
    assert list(zone.versions("positions/")) == []


def test_versions_of_the_same_second_have_the_order_in_which_they_were_put(
    s3: EmulatedS3, bucket: str, tmp_path: Path
) -> None:
    texts = [str(number) for number in range(30)]
    for text in texts:
        s3.put(bucket, KEY, text)
    seconds = {v["LastModified"] for v in s3.client.list_object_versions(Bucket=bucket)["Versions"]}
    assert len(seconds) < len(texts), "the emulation tells more than seconds: this test proves nothing"
    zone = S3LandingZone(bucket)
    versions = sorted(zone.versions())
    assert _texts(zone, versions, tmp_path) == texts
    assert all(a.known_at < b.known_at for a, b in pairwise(versions))
    assert sorted(zone.versions()) == versions


def test_a_long_listing_is_read_page_by_page_and_goes_on_after_any_key(
    s3: EmulatedS3, bucket: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    keys = [f"prices/v-{number:02}_2013-02-28.csv" for number in range(12)]
    for number in range(3):
        for key in keys:
            s3.put(bucket, key, f"{key} {number}")
    zone = S3LandingZone(bucket)
    whole = list(zone.versions())
    listed = zone._client.list_object_versions  # noqa: SLF001 - pages of 5 instead of 1,000
    monkeypatch.setattr(zone._client, "list_object_versions", lambda **asked: listed(MaxKeys=5, **asked))  # noqa: SLF001
    assert list(zone.versions()) == whole
    assert [v.key for v in whole] == [key for key in keys for _ in range(3)]
    for place, key in enumerate(keys):
        assert list(zone.versions(after=key)) == whole[3 * place + 3 :]
        assert list(zone.versions("prices/", after=key)) == whole[3 * place + 3 :]


def test_deleting_a_file_is_told_and_unloads_nothing(s3: EmulatedS3, bucket: str, tmp_path: Path) -> None:
    zone = S3LandingZone(bucket)
    first = zone.put(KEY, _file(tmp_path, "one"))
    s3.client.delete_object(Bucket=bucket, Key=KEY)
    assert list(zone.versions()) == [first]
    ((key, deleted_at),) = zone.deletions()
    assert key == KEY
    assert deleted_at >= first.known_at
    again = zone.put(KEY, _file(tmp_path, "one"))
    assert again > first
    assert sorted(zone.versions()) == [first, again]


def test_the_same_content_again_is_no_new_version(bucket: str, tmp_path: Path) -> None:
    zone = S3LandingZone(bucket)
    first = zone.put(KEY, _file(tmp_path, "one"))
    assert zone.put(KEY, _file(tmp_path, "one")) == first
    assert list(zone.versions()) == [first]


@pytest.mark.parametrize("before", [pytest.param((), id="new file"), pytest.param(("old",), id="correction")])
@pytest.mark.parametrize(
    ("faster", "texts"),
    [
        pytest.param("one", ["one"], id="same content"),
        pytest.param("two", ["two", "one"], id="other content"),
    ],
)
def test_who_was_faster_by_a_moment_is_seen(
    bucket: str, tmp_path: Path, before: tuple[str, ...], faster: str, texts: list[str]
) -> None:
    zone, other = S3LandingZone(bucket), S3LandingZone(bucket)
    for text in before:
        zone.put(KEY, _file(tmp_path, text))
    race = iter([faster])

    def be_faster(**_: object) -> None:
        for text in race:
            other.put(KEY, _file(tmp_path, text))

    zone._client.meta.events.register("before-call.s3.PutObject", be_faster)  # noqa: SLF001 - between look and put
    put = zone.put(KEY, _file(tmp_path, "one"))
    versions = sorted(zone.versions())
    assert put == versions[-1]
    assert _texts(zone, versions, tmp_path) == [*before, *texts]


@pytest.mark.parametrize("versioning", [None, "Suspended"])
def test_a_bucket_that_keeps_no_versions_is_refused_with_the_cure(
    s3: EmulatedS3, versioning: str | None
) -> None:
    bucket = s3.new_bucket(versioning=versioning)
    with pytest.raises(
        LandingZoneError, match=r"keeps no versions .*switch it on with `aws s3api put-bucket"
    ):
        open_landing_zone(f"s3://{bucket}")


@pytest.mark.usefixtures("s3")
def test_a_bucket_that_is_not_there_is_told() -> None:
    with pytest.raises(LandingZoneError, match=r"no-such-bucket failed: .*NoSuchBucket.*; check its name"):
        open_landing_zone("s3://no-such-bucket")


@pytest.mark.parametrize("key", ["../x/a.csv", "prices/../../a.csv", "/etc/a.csv", "prices/.a", ""])
def test_a_key_that_leads_out_of_the_landing_zone_is_refused(bucket: str, tmp_path: Path, key: str) -> None:
    with pytest.raises(ValueError, match="no name inside the landing zone"):
        S3LandingZone(bucket).put(key, _file(tmp_path, "x"))


def test_hostile_keys_are_listed_as_they_are_and_fetched_into_the_folder(
    s3: EmulatedS3, bucket: str, tmp_path: Path
) -> None:
    keys = ["../../etc/passwd", "prices/..", "prices/a b+c%2F_ü.csv", "/x"]
    for key in keys:
        s3.put(bucket, key, key)
    zone = S3LandingZone(bucket)
    versions = list(zone.versions())
    assert sorted(version.key for version in versions) == sorted(keys)
    folder = tmp_path / "scratch"
    folder.mkdir()
    for version in versions:
        path = zone.fetch(version, folder)
        assert path.parent == folder
        assert path.read_text() == version.key


def test_other_addresses_are_refused() -> None:
    with pytest.raises(LandingZoneError, match="neither a folder nor s3://bucket/prefix"):
        open_landing_zone("ftp://somewhere/in")


def test_a_vanished_version_is_an_error_of_the_landing_zone(
    s3: EmulatedS3, bucket: str, tmp_path: Path
) -> None:
    zone = S3LandingZone(bucket)
    version = zone.put(KEY, _file(tmp_path, "one"))
    s3.client.delete_object(Bucket=bucket, Key=KEY, VersionId=version.version_id)
    with pytest.raises(LandingZoneError, match="NoSuchVersion"):
        zone.fetch(version, tmp_path)
