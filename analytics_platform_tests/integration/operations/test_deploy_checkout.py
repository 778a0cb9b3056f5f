"""What `analytics deploy` says of a machine that is not ready: a line with its cure; AWS is not asked."""

import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from re import search

import pytest

from analytics_platform_tests.integration.operations.deploying_clone import CDK, NODE, Clone, ready_clone

_CLI_CURE = "rm -rf infra/node_modules && make infra/node_modules/.package-lock.json"
_INFRA_CURE = "rm -r .venv-infra && make lint-infra"


@pytest.fixture
def clone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Clone]:
    with ready_clone(tmp_path, monkeypatch) as clone:
        yield clone


def _removed(path: str) -> Callable[[Clone], None]:
    def act(clone: Clone) -> None:
        place = clone.root / path
        shutil.rmtree(place) if place.is_dir() else place.unlink()

    return act


@pytest.mark.parametrize(
    ("broken", "says"),
    [
        pytest.param(
            _removed("infra/app.py"), "has no infra/; change to the root of one", id="outside of a clone"
        ),
        pytest.param(
            _removed(".venv-infra"), "is missing; make it with: make lint-infra", id="no environment"
        ),
        pytest.param(_removed(CDK), f"CDK is missing; install it with: {_CLI_CURE}", id="no CLI"),
        pytest.param(_removed(NODE), f"has no Node.js; make it anew with: {_INFRA_CURE}", id="no Node.js"),
        pytest.param(
            lambda clone: clone.node(node="v16.20.2"),
            f"is v16.20.2, wanted is 18 or later; make it anew with: {_INFRA_CURE}",
            id="old Node.js",
        ),
        pytest.param(
            lambda clone: (clone.root / NODE).chmod(0o644),
            "is broken, wanted is 18 or later",
            id="Node.js that does not run",
        ),
        pytest.param(
            lambda clone: clone.node(cdk="2.1147.0 (build 1)"),
            f"is 2.1147.0, wanted is 2.1148.1; install it with: {_CLI_CURE}",
            id="old CLI",
        ),
        pytest.param(
            lambda clone: clone.node(cdk="3.0.0 (build 1)"), "is 3.0.0, wanted is 2.1148.1", id="new CLI"
        ),
        pytest.param(lambda clone: clone.node(cdk=""), "is broken, wanted is 2.1148.1", id="broken CLI"),
        pytest.param(
            lambda clone: clone.program(".venv-infra/bin/python", f'exec "{sys.executable}" -S "$@"'),
            f"infra.target does not run: .*No module named 'pydantic'.*; make it anew with: {_INFRA_CURE}",
            id="environment that does not run",
        ),
        pytest.param(
            lambda clone: clone.program(".venv-infra/bin/python", "echo unknown"),
            "told nothing that is understood; take infra/ and analytics of one version",
            id="infra of another version",
        ),
    ],
)
def test_a_machine_that_is_not_ready_is_told(
    clone: Clone, capfd: pytest.CaptureFixture[str], broken: Callable[[Clone], None], says: str
) -> None:
    broken(clone)
    assert search(says, line := clone.refusal(capfd)), line
    assert clone.account.asked == []


def test_an_environment_that_is_not_described_is_told(
    clone: Clone, capfd: pytest.CaptureFixture[str]
) -> None:
    line = clone.refusal(capfd, "stage", "storage")
    assert line.startswith(
        "analytics deploy: environments.toml describes no environment 'stage'; name one of"
    )
    assert clone.account.asked == []
