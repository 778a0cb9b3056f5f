"""The cache of the slim container: unpacked once, whole or not at all."""

import fcntl
import hashlib
import signal
import time
from pathlib import Path

from analytics_platform_tests.integration.slim_container.slim_process import (
    Container,
    address,
    ended,
    file,
    tar,
)

MANY = 2_000


def many_files(tmp_path: Path, count: int = MANY) -> tuple[str, str]:
    """Return the address of an archive that takes a while, and its digest."""
    content = tar([file(f"{number % 100}/{number}") for number in range(count)])
    return address(tmp_path / "many.tar.gz", content), hashlib.sha256(content).hexdigest()


def test_what_is_cached_is_not_fetched_again(container: Container, tmp_path: Path) -> None:
    code = address(tmp_path / "a.tar.gz", tar([file("a")]))
    assert container.run(CODE_ARCHIVE=code, COMMAND="cat a").output == "x"
    (tmp_path / "a.tar.gz").unlink()
    again = container.run(CODE_ARCHIVE=code, COMMAND="cat a")
    assert again.output == "x"
    assert (again.seen("unpacked"), again.seen("cached")) == (0, 1)


def test_an_archive_without_a_digest_is_looked_at_again(container: Container, tmp_path: Path) -> None:
    path = tmp_path / "a.tar.gz"
    for content in (b"first", b"second"):
        address(path, tar([file("a", content)]))
        assert container.run(CODE_ARCHIVE=f"file://{path}", COMMAND="cat a").output == content.decode()
    assert len(container.kept()) == 2


def test_two_at_once_unpack_once(container: Container, tmp_path: Path) -> None:
    code, digest = many_files(tmp_path, 2000)
    both = [container.start(CODE_ARCHIVE=code, COMMAND="find . -type f | wc -l") for _ in range(2)]
    done = [ended(process) for process in both]
    assert [each.output.strip() for each in done] == ["2000", "2000"]
    assert sum(each.seen("unpacked") for each in done) == 1
    assert sum(each.seen("cached") for each in done) == 1
    assert container.kept() == [digest]


def test_killed_in_the_midst_leaves_nothing_that_counts(container: Container, tmp_path: Path) -> None:
    code, digest = many_files(tmp_path)
    process = container.start(CODE_ARCHIVE=code, COMMAND="true")
    partial = container.cache / "code" / f"{digest}.partial" / "tree"
    while not (partial / "7").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.kill()
    assert ended(process).code == -signal.SIGKILL
    assert partial.exists()
    assert container.kept() == []
    again = container.run(CODE_ARCHIVE=code, COMMAND="find . -type f | wc -l")
    assert again.output.strip() == str(MANY)
    assert container.kept() == [digest]
    assert not list(container.cache.rglob("*.partial"))


def test_stopped_in_the_midst_it_tidies_up(container: Container, tmp_path: Path) -> None:
    code, digest = many_files(tmp_path)
    process = container.start(CODE_ARCHIVE=code, COMMAND="echo it runs")
    while not (container.cache / "code" / f"{digest}.partial" / "tree" / "7").exists():
        assert process.poll() is None
        time.sleep(0.001)
    process.terminate()
    done = ended(process)
    assert (done.code, done.output) == (128 + signal.SIGTERM, "")
    assert container.kept() == []
    assert not list(container.cache.rglob("*.partial"))


def test_waiting_for_another_task_can_be_stopped(container: Container, tmp_path: Path) -> None:
    code, digest = many_files(tmp_path, 1)
    place = container.cache / "code"
    place.mkdir(parents=True)
    with (place / f"{digest}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        process = container.start(CODE_ARCHIVE=code, COMMAND="echo it runs")
        while not (place / ".writable").exists():
            time.sleep(0.01)
        time.sleep(0.2)
        assert process.poll() is None
        process.terminate()
        assert ended(process).code == 128 + signal.SIGTERM
