"""Tar and zip files that depend on nothing but what is in them."""

import hashlib
import os
import sys
import tarfile
import zipfile
from pathlib import Path

import pytest

from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.store import keep
from analytics_platform.archives.tars import files_of, write_tar
from analytics_platform.archives.zips import write_zip


def tree(folder: Path, *, moment: int, names: list[str], mode: int) -> Path:
    """Make the same files in another way."""
    for name in names:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f"content of {name}", "utf-8")
        path.chmod(mode)
        os.utime(path, (moment, moment))
    (folder / "link").symlink_to("a/b")
    (folder / "a" / "__pycache__").mkdir()
    (folder / "a" / "__pycache__" / f"b.{moment}.pyc").write_bytes(b"\0")
    return folder


def test_the_same_content_makes_the_same_tar(tmp_path: Path) -> None:
    first = tree(tmp_path / "1", moment=10**9, names=["a/b", "a/c", "ü"], mode=0o600)
    second = tree(tmp_path / "2" / "x", moment=1, names=["ü", "a/c", "a/b"], mode=0o664)
    digests = [write_tar(files_of(folder), folder.with_suffix(".gz")) for folder in (first, second)]
    content = first.with_suffix(".gz").read_bytes()
    assert digests == [hashlib.sha256(content).hexdigest()] * 2
    assert content == second.with_suffix(".gz").read_bytes()


def test_a_tar_holds_names_in_order_without_times_owners_and_bytecode(tmp_path: Path) -> None:
    folder = tree(tmp_path / "1", moment=10**9, names=["b", "a/b"], mode=0o700)
    write_tar({**files_of(folder), "made": b"#!/bin/sh\n"}, tmp_path / "out.gz")
    with tarfile.open(tmp_path / "out.gz") as archive:
        found = [(each.name, each.mode, each.uid, each.gid, each.mtime, each.uname) for each in archive]
    assert found == [
        ("a/b", 0o755, 0, 0, 0, ""),
        ("b", 0o755, 0, 0, 0, ""),
        ("link", 0o777, 0, 0, 0, ""),
        ("made", 0o755, 0, 0, 0, ""),
    ]


@pytest.mark.parametrize("change", ["content", "name", "mode"])
def test_another_content_makes_another_tar(tmp_path: Path, change: str) -> None:
    (tmp_path / "a").write_text("b" if change == "content" else "a", "utf-8")
    (tmp_path / "a").chmod(0o755 if change == "mode" else 0o644)
    changed = write_tar({"b" if change == "name" else "a": tmp_path / "a"}, tmp_path / "1.gz")
    assert changed != write_tar({"a": b"a"}, tmp_path / "2.gz")


def test_a_link_to_one_machine_is_refused(tmp_path: Path) -> None:
    (tmp_path / "python").symlink_to(sys.executable)
    with pytest.raises(ArchiveError, match="elsewhere on another machine"):
        write_tar(files_of(tmp_path), tmp_path / "out.gz")


def test_an_archive_is_called_after_its_content(tmp_path: Path) -> None:
    digest = write_tar({"a": b"a"}, tmp_path / ".written")
    built = keep(tmp_path / ".written", "code", ".tar.gz", digest)
    assert built.file.name == f"code-{digest[:16]}.tar.gz"
    assert built.address == f"file://{built.file}?sha256={digest}"


def test_the_same_content_makes_the_same_zip(tmp_path: Path) -> None:
    files = {"b/c.py": b"c", "a.py": b"a" * 1000}
    first = write_zip(files, tmp_path / "1.zip")
    second = write_zip(dict(reversed(files.items())), tmp_path / "2.zip")
    assert first == second == hashlib.sha256((tmp_path / "2.zip").read_bytes()).hexdigest()
    with zipfile.ZipFile(tmp_path / "1.zip") as archive:
        assert archive.namelist() == ["a.py", "b/c.py"]
        assert {entry.external_attr >> 16 for entry in archive.infolist()} == {0o100644}
        assert archive.testzip() is None


def test_another_content_makes_another_zip(tmp_path: Path) -> None:
    assert write_zip({"a": b"a"}, tmp_path / "1.zip") != write_zip({"a": b"b"}, tmp_path / "2.zip")
