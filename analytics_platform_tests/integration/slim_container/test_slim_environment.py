"""Virtual environments in the slim container: packed from a real one, moved, and run by this interpreter."""

import subprocess
import sys
import sysconfig
from pathlib import Path

import pytest

from analytics_platform.archives.build import pack_environment
from analytics_platform.archives.store import Built
from analytics_platform_tests.integration.slim_container.slim_process import Container, address, file, tar

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


def small_environment(folder: Path) -> Built:
    """Build an environment without a network: one package of one module, and its command."""
    uv = Path(sysconfig.get_path("scripts"), "uv")
    subprocess.run(  # noqa: S603 - our own command
        [str(uv), "venv", "--quiet", "--relocatable", "--python", sys.executable, str(folder / "venv")],
        check=True,
    )
    packages = folder / "venv" / "lib" / f"python{HERE}" / "site-packages"
    (packages / "greeting.py").write_text("print('hello')\n", "utf-8")
    command = folder / "venv" / "bin" / "greet"
    command.write_text(
        "#!/bin/sh\n"
        '\'\'\'exec\' "$(dirname -- "$(realpath -- "$0")")"/\'python\' "$0" "$@"\n'
        "' '''\n"
        "import greeting\n",
        "utf-8",
    )
    command.chmod(0o755)
    return pack_environment(folder / "venv", folder / "dist")


def test_a_packed_environment_runs_elsewhere(container: Container, tmp_path: Path) -> None:
    built = small_environment(tmp_path)
    (tmp_path / "venv").rename(tmp_path / "gone")
    done = container.run(
        ENVIRONMENT_ARCHIVE=built.address,
        COMMAND="greet; python -m greeting; python -c 'import sys; print(sys.prefix != sys.base_prefix)'",
    )
    assert done.output.split() == ["hello", "hello", "True"], done.errors


def test_an_environment_is_the_same_wherever_it_was_built(tmp_path: Path) -> None:
    folders = [tmp_path / "a", tmp_path / "elsewhere" / "b"]
    for folder in folders:
        folder.mkdir(parents=True)
    first, second = (small_environment(folder) for folder in folders)
    assert (first.sha256, first.file.name) == (second.sha256, second.file.name)


OTHERS = {
    "older-python": ("version_info = 3.9.1\n", "Python 3.9"),
    "venv-of-the-library": ("version = 2.7.18\n", "Python 2.7"),
    "unknown-python": ("home = /usr/bin\n", "unknown version"),
    "other-machine": (f"version_info = {HERE}\nplatform = other-mips\n", "other-mips"),
}


@pytest.mark.parametrize(("told", "why"), OTHERS.values(), ids=list(OTHERS))
def test_an_environment_of_another_python_is_refused(
    container: Container, tmp_path: Path, told: str, why: str
) -> None:
    archive = address(tmp_path / "e.tar.gz", tar([file("pyvenv.cfg", told.encode())]))
    done = container.run(ENVIRONMENT_ARCHIVE=archive, COMMAND="true")
    assert done.code == 78
    assert why in done.error
    assert container.kept() == []


def test_what_is_no_environment_is_refused(container: Container, tmp_path: Path) -> None:
    archive = address(tmp_path / "e.tar.gz", tar([file("main.py")]))
    done = container.run(ENVIRONMENT_ARCHIVE=archive, COMMAND="true")
    assert done.code == 78
    assert "pyvenv.cfg is missing" in done.error
