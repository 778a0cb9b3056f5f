"""What every Dockerfile of ours keeps to; the linter's own rules are run by `make lint-infra`."""

import json
import re
import shutil
import subprocess
import sys
from importlib.metadata import distributions, version
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
FILES = {
    "slim": ROOT / "docker" / "slim" / "Dockerfile",
    "platform": ROOT / "docker" / "platform" / "Dockerfile",
    "dev container": ROOT / ".devcontainer" / "Dockerfile",
}
SHIPPED = ("slim", "platform")
BASE = re.compile(
    r"^ARG PYTHON_IMAGE=docker\.io/library/python:(\d+\.\d+)-slim-bookworm@sha256:([0-9a-f]{64})$",
    re.MULTILINE,
)
every_file = pytest.mark.parametrize("name", FILES)
every_image = pytest.mark.parametrize("name", SHIPPED)


def lines(name: str) -> list[str]:
    """Return the instructions, each as one line, without comments."""
    text = re.sub(r"^\s*#.*\n", "", FILES[name].read_text("utf-8"), flags=re.MULTILINE)
    return [" ".join(line.split()) for line in text.replace("\\\n", " ").splitlines() if line.strip()]


def test_all_dockerfiles_are_looked_at() -> None:
    found = {path for folder in ("docker", ".devcontainer") for path in (ROOT / folder).rglob("Dockerfile")}
    assert found == set(FILES.values())


def test_all_rest_on_one_base_pinned_by_its_digest() -> None:
    bases = {BASE.findall(path.read_text("utf-8"))[0] for path in FILES.values()}
    ((version, _digest),) = bases
    assert version == "3.11"


@every_file
def test_every_stage_begins_with_the_pinned_base(name: str) -> None:
    stages = [line.split()[1] for line in lines(name) if line.startswith("FROM ")]
    assert stages == ["${PYTHON_IMAGE}"] * (2 if name == "platform" else 1)


@every_file
def test_the_last_user_is_nobody_special(name: str) -> None:
    user = [line.split()[1] for line in lines(name) if line.startswith("USER ")][-1]
    assert re.fullmatch(r"[1-9]\d{3,}:[1-9]\d{3,}", user)


@every_image
def test_an_image_tells_whether_it_is_well_and_stops_when_told(name: str) -> None:
    (check,) = (line for line in lines(name) if line.startswith("HEALTHCHECK "))
    words = json.loads(check[check.index("[") :])
    assert all(option in check for option in ("--interval=", "--timeout=", "--start-period=", "--retries="))
    assert words[0] in {"python", "/usr/local/bin/python3"}
    assert "STOPSIGNAL SIGTERM" in lines(name)


@every_image
def test_an_image_starts_without_a_shell(name: str) -> None:
    """A shell as process 1 would swallow the signal that ends a task."""
    (entry,) = (line.removeprefix("ENTRYPOINT ") for line in lines(name) if line.startswith("ENTRYPOINT"))
    assert isinstance(json.loads(entry), list)


@every_file
def test_nothing_secret_and_nothing_by_address_is_copied(name: str) -> None:
    for line in lines(name):
        assert not line.startswith("ADD ")
        assert not re.search(r"(?i)\b(password|secret|token)\b", line)
        assert not re.match(r"COPY (--\S+ )*\. ", line), "what is copied is named"


@every_file
def test_an_ignored_rule_has_its_reason_above(name: str) -> None:
    told = FILES[name].read_text("utf-8").splitlines()
    for number, line in enumerate(told):
        if "hadolint ignore" in line:
            assert re.match(r"# [A-Z].{40}", told[number - 1])


def test_dbt_may_write_where_it_was_copied_to() -> None:
    """A copy leaves the owner of a folder as it is: the demo failed in the image for that."""
    told = lines("platform")
    given = (
        "RUN install --directory --owner 10001 --group 10001 /srv/platform/dbt/target /srv/platform/dbt/logs"
    )
    copied = [number for number, line in enumerate(told) if line.startswith("COPY")]
    assert told.index(given) > copied[-1]


def test_the_platform_image_knows_its_version(tmp_path: Path) -> None:
    """A run writes the version down: without metadata the demo failed in the image."""
    assert any("docker/platform/metadata.py pyproject.toml" in line for line in lines("platform"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    subprocess.run(  # noqa: S603 - our own program
        [sys.executable, ROOT / "docker" / "platform" / "metadata.py", tmp_path / "pyproject.toml"],
        check=True,
    )
    (found,) = distributions(name="analytics-platform", path=[str(tmp_path)])
    assert found.version == version("analytics-platform")


def test_what_the_platform_image_copies_is_not_ignored() -> None:
    ignored = FILES["platform"].with_name("Dockerfile.dockerignore").read_text("utf-8").splitlines()
    copied = {line.split()[1] for line in lines("platform") if re.match(r"COPY [^-]", line)}
    assert {f"!{source}" for source in copied} == {line for line in ignored if line.startswith("!")}


def test_the_modules_of_the_slim_image_need_nothing_but_python() -> None:
    folder = ROOT / "docker" / "slim"
    own = {path.stem for path in folder.glob("*.py")}
    for path in folder.glob("*.py"):
        imported = set(re.findall(r"^(?:from|import) (\w+)", path.read_text("utf-8"), re.MULTILINE))
        assert imported <= own | sys.stdlib_module_names, path.name


def test_certificates_are_fetched_and_never_committed() -> None:
    folder = ROOT / "docker" / "slim" / "certificates"
    assert (folder / ".gitignore").read_text("utf-8") == "*.pem\n"
    assert "COPY certificates /opt/slim/certificates" in lines("slim")
    assert "/opt/slim/certificates/rds.pem" in (folder / "README.md").read_text("utf-8")
