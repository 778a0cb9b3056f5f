"""Digests of a release and their signature, as a stranger checks them: by sha256sum and ssh-keygen."""

import io
import json
import shutil
import subprocess
import tarfile
from pathlib import Path

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.releases.images import image_digest
from analytics_platform.archives.releases.sums import NAMESPACE, SUMS, read_sums, sign, write_sums

pytestmark = pytest.mark.skipif(shutil.which("ssh-keygen") is None, reason="ssh-keygen is not installed")


@pytest.fixture
def release(tmp_path: Path) -> Path:
    folder = tmp_path / "release-1.2.0"
    folder.mkdir()
    (folder / "b.tar.gz").write_bytes(b"archive")
    (folder / "a.whl").write_bytes(b"wheel")
    write_sums(folder)
    return folder


@pytest.fixture
def key(tmp_path: Path) -> Path:
    made = tmp_path / "key"
    ask = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "release@example.com", "-f", str(made)]
    subprocess.run(ask, check=True)  # noqa: S603 - our own command
    return made


def verified(release: Path, key: Path, namespace: str = NAMESPACE) -> bool:
    """Check a signature by the public key alone."""
    public = key.with_suffix(".pub").read_text("utf-8")
    signers = key.with_name("allowed_signers")
    signers.write_text(f"release@example.com {public}", "utf-8")
    verify = ["ssh-keygen", "-Y", "verify", "-f", str(signers), "-I", "release@example.com", "-n", namespace]
    with (release / SUMS).open("rb") as signed:
        done = subprocess.run(  # noqa: S603 - our own command
            [*verify, "-s", str(release / f"{SUMS}.sig")], stdin=signed, capture_output=True, check=False
        )
    return done.returncode == 0


def test_the_digests_are_those_of_sha256sum(release: Path) -> None:
    done = subprocess.run(  # noqa: S603 - our own command
        ["sha256sum", "--check", "--strict", SUMS],  # noqa: S607
        cwd=release,
        capture_output=True,
        text=True,
        check=True,
    )
    assert done.stdout.splitlines() == ["a.whl: OK", "b.tar.gz: OK"]
    assert list(read_sums(release)) == ["a.whl", "b.tar.gz"]


def test_a_signature_is_of_this_key_these_digests_and_this_use(release: Path, key: Path) -> None:
    sign(release / SUMS, key)
    sign(release / SUMS, key)  # again, over the older one
    assert verified(release, key)
    assert not verified(release, key, "git")
    with (release / SUMS).open("a", encoding="utf-8") as sums:
        sums.write(f"{'0' * 64}  c\n")
    assert not verified(release, key)


def test_a_key_that_is_none_is_refused_in_a_line(release: Path, tmp_path: Path) -> None:
    (tmp_path / "none").write_text("no key", "utf-8")
    for wrong in (tmp_path / "none", tmp_path / "missing"):
        with pytest.raises(
            ArchiveError, match=r"ssh-keygen failed: .*; give a private key of SSH"
        ) as refused:
            sign(release / SUMS, wrong)
        assert "\n" not in str(refused.value)
    assert not (release / f"{SUMS}.sig").exists()


def test_a_signature_is_no_file_without_a_digest(release: Path, key: Path) -> None:
    sign(release / SUMS, key)
    assert list(read_sums(release)) == ["a.whl", "b.tar.gz"]


@pytest.mark.parametrize("change", ["other", "gone", "more", "no-sums", "bad-line", "outside"])
def test_a_release_that_is_not_whole_is_refused(release: Path, change: str) -> None:
    match change:
        case "other":
            (release / "a.whl").write_bytes(b"Wheel")
        case "gone":
            (release / "a.whl").unlink()
        case "more":
            (release / "c").touch()
        case "no-sums":
            (release / SUMS).unlink()
        case "bad-line":
            (release / SUMS).write_text("a.whl\n", "utf-8")
        case "outside":
            (release / SUMS).write_text(f"{'0' * 64}  ../key\n", "utf-8")
    with pytest.raises(ArchiveError, match=r"as it was built$"):
        read_sums(release)


def oci_archive(file: Path, index: object) -> Path:
    """Write an archive with an index and nothing else."""
    content = json.dumps(index).encode()
    with tarfile.open(file, "w") as archive:
        entry = tarfile.TarInfo("index.json")
        entry.size = len(content)
        archive.addfile(entry, io.BytesIO(content))
    return file


def test_an_image_is_called_by_its_digest(tmp_path: Path) -> None:
    digest = f"sha256:{'a' * 64}"
    assert image_digest(oci_archive(tmp_path / "x.tar", {"manifests": [{"digest": digest}]})) == digest


@pytest.mark.parametrize(
    "index",
    [
        {},
        [],
        {"manifests": []},
        {"manifests": [{"digest": "a"}, {"digest": "b"}]},
        {"manifests": [{"digest": "v1"}]},
    ],
    ids=["empty", "list", "none", "two", "tag"],
)
def test_what_is_no_archive_of_one_image_is_refused(tmp_path: Path, index: object) -> None:
    with pytest.raises(ArchiveError, match=r"make image$"):
        image_digest(oci_archive(tmp_path / "x.tar", index))


def test_a_missing_image_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ArchiveError, match="is no OCI archive of one image"):
        image_digest(tmp_path / "missing.tar")
