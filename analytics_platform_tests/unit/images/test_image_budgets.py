"""Images held against their budgets, with an engine that says what a test wants it to say."""

import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

DOCKER = Path(__file__).resolve().parents[3] / "docker"
BUDGETS = tomllib.loads((DOCKER / "budget.toml").read_text("utf-8"))
SLIM = BUDGETS["slim"]["most_megabytes"]


@pytest.fixture
def engine(tmp_path: Path) -> Path:
    """Make an engine that knows images by their size: `500` weighs 500 MB."""
    path = tmp_path / "engine"
    path.write_text(
        '#!/bin/sh\ncase "$5" in [0-9]*) echo "${5}000000";; *) echo "no such image" >&2; exit 1;; esac\n'
    )
    path.chmod(0o755)
    return path


def weigh(engine: Path | str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own program
        [sys.executable, DOCKER / "weigh.py", *arguments],
        env={"ENGINE": str(engine), "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
    )


def test_both_images_have_a_budget() -> None:
    assert BUDGETS.keys() == {"slim", "platform"}


def test_an_image_within_its_budget_is_taken(engine: Path) -> None:
    done = weigh(engine, f"slim={SLIM}", "platform=1")
    assert (done.returncode, done.stdout.splitlines()[0]) == (0, f"ok  slim: {SLIM} MB of {SLIM} MB")


def test_an_image_above_its_budget_is_not(engine: Path) -> None:
    done = weigh(engine, f"slim={SLIM + 1}", "platform=1")
    assert done.returncode == 1
    assert done.stdout.startswith(f"too heavy  slim: {SLIM + 1} MB")


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("slim=none",), "none is not there: build it first (no such image)"),
        (("big=1",), "budget.toml has no budget of 'big'; it has platform, slim"),
        ((), "analytics-"),
    ],
    ids=["not built", "unknown", "default names"],
)
def test_what_cannot_be_weighed_is_one_line(engine: Path, arguments: tuple[str, ...], says: str) -> None:
    done = weigh(engine, *arguments)
    assert done.returncode == 2
    assert says in done.stderr
    assert done.stderr.count("\n") == 1


def test_without_an_engine_the_cure_is_told() -> None:
    done = weigh("no-such-engine", "slim=1")
    assert done.returncode == 2
    assert "set ENGINE to docker or podman" in done.stderr
