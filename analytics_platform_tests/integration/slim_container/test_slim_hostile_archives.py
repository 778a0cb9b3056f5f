"""Archives that are broken, hostile or not the ones that were meant: refused, and nothing of them is left."""

import gzip
import hashlib
import os
import tarfile
from pathlib import Path

import pytest

from analytics_platform_tests.integration.slim_container.slim_process import (
    Container,
    address,
    file,
    link,
    tar,
)

MIB = 1 << 20
HOSTILE = {
    "climbs": ([file("../evil")], "climbs"),
    "climbs-later": ([file("a/../../evil")], "climbs"),
    "absolute": ([file("/evil")], "is absolute"),
    "link-outside": ([link("l", "../../../../../../tmp")], "outside"),
    "absolute-link": ([link("l", "/etc")], "absolute"),
    "through-a-link": ([link("l", "."), file("l/evil")], "leads through a link"),
    "through-a-link-outside": ([link("l", "/var"), file("l/evil")], "absolute"),
    "over-a-link": ([link("l", "x"), file("l")], "is there twice"),
    "over-a-file": ([file("a"), link("a", "x")], "is there twice"),
    "same-name-spelt-otherwise": ([file("a"), file("./a")], "is there twice"),
    "folder-becomes-a-link": ([file("d/a"), link("d", "x"), file("d/b")], "is there twice"),
    "file-becomes-a-folder": ([file("a"), file("a/b")], "leads through"),
    "link-that-a-later-link-bends": (
        [file("a/b/f"), link("x", "a/b/l/.."), link("a/b/l", "../..")],
        "outside",
    ),
    "hard-link-outside": ([link("h", "../../etc/passwd", tarfile.LNKTYPE)], "is no file"),
    "hard-link-inside": ([file("a"), link("h", "a", tarfile.LNKTYPE)], "is no file"),
    "device": ([file("d", b"", type=tarfile.CHRTYPE, devmajor=1, devminor=3)], "is no file"),
    "pipe": ([file("p", b"", type=tarfile.FIFOTYPE)], "is no file"),
    "setuid": ([file("s", mode=0o4755)], "setuid"),
    "setgid": ([file("s", mode=0o2755)], "setuid"),
    "control-characters": ([file("../a\n\x1b[31m")], "climbs"),
}


@pytest.mark.parametrize(("entries", "why"), HOSTILE.values(), ids=list(HOSTILE))
def test_hostile_entries_are_refused(
    container: Container, tmp_path: Path, entries: list[tuple[tarfile.TarInfo, bytes]], why: str
) -> None:
    code = address(tmp_path / "evil.tar.gz", tar([file("good"), *entries]))
    before = {path for path in tmp_path.rglob("*") if container.cache not in path.parents}
    done = container.run(CODE_ARCHIVE=code, COMMAND="echo it runs")
    assert (done.code, done.output) == (78, "")
    assert "CODE_ARCHIVE" in done.error
    assert why in done.error
    assert done.error.isprintable()
    assert container.kept() == []
    after = {path for path in tmp_path.rglob("*") if container.cache not in path.parents}
    assert after - before == {container.cache}


def test_another_digest_is_refused_before_anything_is_unpacked(container: Container, tmp_path: Path) -> None:
    (tmp_path / "a.tar.gz").write_bytes(tar([file("../evil")]))
    done = container.run(CODE_ARCHIVE=f"file://{tmp_path}/a.tar.gz?sha256={'0' * 64}", COMMAND="true")
    assert done.code == 78
    assert "has the sha256" in done.error
    assert "nothing of it is unpacked" in done.error
    assert container.kept() == []


BROKEN = {
    "cut-in-gzip": tar([file("a", os.urandom(MIB))])[: MIB // 2],
    "cut-between-entries": gzip.compress(gzip.decompress(tar([file("a"), file("b")]))[:1024]),
    "cut-before-the-end": gzip.compress(gzip.decompress(tar([file("a"), file("b")]))[:2048]),
    "broken-header": gzip.compress(gzip.decompress(tar([file("a")]))[:1024] + b"\xff" * 512 + bytes(9216)),
    "broken-checksum": tar([file("a")])[:-8] + bytes(8),
    "something-behind": gzip.compress(gzip.decompress(tar([file("a")])) + b"more"),
    "no-gzip": b"hello " * 100,
    "no-tar": gzip.compress(b"hello " * 1000),
    "empty": b"",
    "empty-gzip": gzip.compress(b""),
}


@pytest.mark.parametrize("content", BROKEN.values(), ids=list(BROKEN))
@pytest.mark.parametrize("pinned", [True, False], ids=["pinned", "unpinned"])
def test_broken_archives_are_refused(
    container: Container, tmp_path: Path, content: bytes, *, pinned: bool
) -> None:
    told = address(tmp_path / "a.tar.gz", content)
    done = container.run(CODE_ARCHIVE=told if pinned else told.partition("?")[0], COMMAND="true")
    assert done.code == 78
    assert "CODE_ARCHIVE: the archive is refused" in done.error
    assert container.kept() == []


def header_that_claims_a_gigabyte() -> bytes:
    entry = tarfile.TarInfo("x")
    entry.type, entry.size = tarfile.XHDTYPE, 1 << 30
    return gzip.compress(entry.tobuf() + bytes(4 * MIB))


TOO_MUCH = {
    "bytes": (tar([file("a", bytes(2 * MIB))]), {"SLIM_MAX_BYTES": str(MIB)}, "SLIM_MAX_BYTES"),
    "bytes-in-all": (
        tar([file(f"{n}", bytes(MIB // 2)) for n in range(3)]),
        {"SLIM_MAX_BYTES": str(MIB)},
        "SLIM_MAX_BYTES",
    ),
    "entries": (tar([file(f"{n}") for n in range(11)]), {"SLIM_MAX_ENTRIES": "10"}, "SLIM_MAX_ENTRIES"),
    "zeros-behind": (
        gzip.compress(gzip.decompress(tar([file("a")])) + bytes(64 * MIB), 1),
        {"SLIM_MAX_BYTES": str(MIB), "SLIM_MAX_ENTRIES": "10"},
        "SLIM_MAX_BYTES",
    ),
    "header": (header_that_claims_a_gigabyte(), {}, "header"),
}


@pytest.mark.parametrize(("content", "limits", "why"), TOO_MUCH.values(), ids=list(TOO_MUCH))
def test_archives_beyond_the_limits_are_refused(
    container: Container, tmp_path: Path, content: bytes, limits: dict[str, str], why: str
) -> None:
    code = address(tmp_path / "a.tar.gz", content)
    done = container.run(CODE_ARCHIVE=code, COMMAND="true", **limits)
    assert done.code == 78
    assert why in done.error
    assert container.kept() == []


WRONG = {
    "nothing-to-run": ({}, "COMMAND"),
    "blank-command": ({"COMMAND": " \n"}, "COMMAND"),
    "other-scheme": ({"CODE_ARCHIVE": "https://host/a?X-Amz-Signature=secret"}, "CODE_ARCHIVE"),
    "no-scheme": ({"CODE_ARCHIVE": "/secret"}, "CODE_ARCHIVE"),
    "password": ({"CODE_ARCHIVE": "s3://user:secret@bucket/a"}, "CODE_ARCHIVE"),
    "no-key": ({"ENVIRONMENT_ARCHIVE": "s3://bucket"}, "ENVIRONMENT_ARCHIVE"),
    "folder": ({"ENVIRONMENT_ARCHIVE": "s3://bucket/folder/"}, "ENVIRONMENT_ARCHIVE"),
    "short-digest": ({"CODE_ARCHIVE": "s3://bucket/a?sha256=abc"}, "CODE_ARCHIVE"),
    "misspelt": ({"CODE_ARCHIVE": "s3://bucket/a?versionid=secret"}, "CODE_ARCHIVE"),
    "twice": ({"CODE_ARCHIVE": "s3://bucket/a?versionId=1&versionId=2"}, "CODE_ARCHIVE"),
    "missing-file": ({"CODE_ARCHIVE": "file:///nowhere/a.tar.gz"}, "CODE_ARCHIVE"),
    "limit": ({"SLIM_MAX_BYTES": "-1"}, "SLIM_MAX_BYTES"),
    "limit-with-a-unit": ({"SLIM_MAX_ENTRIES": "1k"}, "SLIM_MAX_ENTRIES"),
    "cache": ({"CODE_ARCHIVE": "file:///a", "SLIM_CACHE": "/proc/none"}, "SLIM_CACHE"),
    "logs": ({"LOG_ARCHIVE": "bucket/logs"}, "LOG_ARCHIVE"),
}


@pytest.mark.parametrize(("variables", "named"), WRONG.values(), ids=list(WRONG))
def test_a_wrong_variable_is_named_in_one_line(
    container: Container, variables: dict[str, str], named: str
) -> None:
    command = {} if named == "COMMAND" else {"COMMAND": "true"}
    done = container.run(**command, **variables)
    assert done.code == 78
    assert named in done.error
    assert "secret" not in done.errors


def test_what_is_known_of_an_archive_is_its_digest(container: Container, tmp_path: Path) -> None:
    content = tar([file("a")])
    address(tmp_path / "a.tar.gz", content)
    done = container.run(CODE_ARCHIVE=f"file://{tmp_path}/a.tar.gz", COMMAND="cat a")
    assert done.output == "x"
    assert container.kept() == [hashlib.sha256(content).hexdigest()]
    assert [step["verified"] for step in done.steps if step["slim"] == "unpacked"] == [False]
