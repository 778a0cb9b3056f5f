"""The health check of a slim container: the command of a service, on what the entry point has unpacked."""

import re
import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from analytics_platform_tests.integration.slim_container.slim_process import (
    ENTRY_POINT,
    Container,
    Ended,
    address,
    file,
    image_words,
    tar,
)

VERSION = f"{sys.version_info.major}.{sys.version_info.minor}"
HEALTHY = ENTRY_POINT.parent / "healthy.py"


@pytest.fixture
def prepared(container: Container, tmp_path: Path) -> Container:
    """Tell a container of an environment and of code that says where it is."""
    cfg = f"home = elsewhere\nversion = {VERSION}\nplatform = {sysconfig.get_platform()}\n".encode()
    environment = tar([file("pyvenv.cfg", cfg)])
    code = tar([file("answers.py", b"import os, sys; print(os.getcwd() == sys.argv[1], sys.prefix)")])
    return Container(
        container.folder,
        {
            "ENVIRONMENT_ARCHIVE": address(tmp_path / "environment.tar.gz", environment),
            "CODE_ARCHIVE": address(tmp_path / "code.tar.gz", code),
            "LOG_ARCHIVE": (container.folder / "logs").as_uri(),
        },
    )


def ask(of: Container, *words: str, **more: str) -> Ended:
    """Run the check as the engine does: beside the script, with the variables of the container."""
    done = subprocess.run(  # noqa: S603 - our own program
        [*image_words("HEALTHCHECK")[:-1], *words],
        env={"PATH": "/usr/bin:/bin", "SLIM_CACHE": str(of.cache), **of.variables, **more},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    return Ended(done.returncode, done.stdout, done.stderr)


def test_it_is_the_check_of_the_image() -> None:
    words = image_words("HEALTHCHECK")
    assert words[:-1] == [sys.executable, "-E", "-s", str(HEALTHY)]
    assert words[-1] == "true"


def test_a_container_is_not_well_before_its_archives_are_unpacked(prepared: Container) -> None:
    asked = ask(prepared, "true")
    assert asked.code == 1
    assert "ENVIRONMENT_ARCHIVE is not unpacked yet" in asked.errors
    assert not prepared.cache.exists()


def test_the_check_runs_where_and_with_what_the_script_runs(prepared: Container) -> None:
    assert prepared.run("true").code == 0
    (code,) = (path for path in (prepared.cache / "code").iterdir() if path.is_dir())
    (environment,) = (path for path in (prepared.cache / "environment").iterdir() if path.is_dir())
    asked = ask(prepared, "python", "-m", "answers", str(code))
    assert (asked.code, asked.output) == (0, f"True {environment}\n"), asked.errors


@pytest.mark.parametrize(("words", "code"), [(("false",), 1), (("sh", "-c", "exit 7"), 7)], ids=["no", "7"])
def test_the_answer_is_that_of_the_command_and_leaves_no_log(
    prepared: Container, words: tuple[str, ...], code: int
) -> None:
    assert prepared.run("true").code == 0
    assert ask(prepared, *words).code == code
    assert not (prepared.folder / "logs").exists()


def test_a_missing_program_is_told(prepared: Container) -> None:
    assert prepared.run("true").code == 0
    asked = ask(prepared, "no-such-program")
    assert asked.code == 126
    assert "no-such-program" in asked.errors


@pytest.mark.parametrize(
    ("words", "more", "says"),
    [
        ((), {}, "nothing to ask"),
        (("true",), {"CODE_ARCHIVE": "s3://bucket/code.tar.gz"}, "CODE_ARCHIVE has no sha256"),
        (("true",), {"CODE_ARCHIVE": "ftp://bucket/code"}, "CODE_ARCHIVE has the scheme 'ftp'"),
    ],
    ids=["no command", "unpinned", "no address"],
)
def test_what_cannot_be_asked_is_told(
    prepared: Container, words: tuple[str, ...], more: dict[str, str], says: str
) -> None:
    assert prepared.run("true").code == 0
    asked = ask(prepared, *words, **more)
    assert asked.code == 78
    assert says in asked.errors
    assert "Traceback" not in asked.errors


def test_without_archives_the_image_itself_is_asked(container: Container) -> None:
    assert ask(container, "true").code == 0


def test_the_words_of_the_image_name_files_that_it_copies() -> None:
    text = (ENTRY_POINT.parent / "Dockerfile").read_text("utf-8")
    named = set(re.findall(r'"/opt/slim/([^"]+)"', text))
    assert named == {"entry_point.py", "healthy.py"}
    assert all((ENTRY_POINT.parent / name).is_file() for name in named)
