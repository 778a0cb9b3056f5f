"""Plan and apply: synthesise once, show it, and deploy just what was shown."""

import os
import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

from analytics_platform.cli.deploying.account import examine, remarks
from analytics_platform.cli.deploying.checkout import Checkout, DeployError, Target, checkout, told

REFUSED = 2
BEFORE_A_RELEASE = frozenset({"network", "storage", "delivery"})
"""Stacks that the first release needs, so that they are deployed without one."""

_REGIONS = ("AWS_REGION", "AWS_DEFAULT_REGION")
_QUIET = {"CDK_DISABLE_VERSION_CHECK": "1", "CDK_DISABLE_CLI_TELEMETRY": "true"}
"""The CLI asks AWS and nobody else: its version is held by a lock."""

_DESTRUCTIVE = re.compile(r"\b(destroy|replace|replaced|requires replacement)\b")
_COLOURS = re.compile(r"\x1b\[[0-9;]*m")


def run_plan(environment: str, release: Path | None, stacks: Sequence[str]) -> int:
    """Print what a deployment would change and cost; 0, or 2 if it cannot be told."""
    return _refused_in_a_line(lambda: _run(environment, release, stacks, None))


def run_apply(
    environment: str, release: Path | None, stacks: Sequence[str], confirm: Callable[[], bool]
) -> int:
    """Print the plan, ask, and deploy it; 0, 1 if refused by people or by CloudFormation, 2 if not begun."""
    return _refused_in_a_line(lambda: _run(environment, release, stacks, confirm))


def destructive(diff: str) -> list[str]:
    r"""Return the lines of a diff that destroy or replace something.

    Examples
    --------
    >>> destructive("[-] AWS::SQS::Queue Old destroy\n[+] AWS::SQS::Queue New")
    ['[-] AWS::SQS::Queue Old destroy']
    """
    lines = [_COLOURS.sub("", line).strip() for line in diff.splitlines()]
    return [
        line for line in lines if line.startswith(("[-] AWS::", "[~] AWS::")) and _DESTRUCTIVE.search(line)
    ]


def _refused_in_a_line(act: Callable[[], int]) -> int:
    try:
        return act()
    except DeployError as error:
        told(f"analytics deploy: {error}")
        return REFUSED


def _run(
    environment: str, release: Path | None, stacks: Sequence[str], confirm: Callable[[], bool] | None
) -> int:
    found = checkout(Path.cwd())
    target = found.target(environment, release)
    needs_release = confirm is not None and not (stacks and BEFORE_A_RELEASE.issuperset(stacks))
    if needs_release and not target.is_built:
        message = "the release is not built; name the file of a release with: --release release.json"
        raise DeployError(message)
    shell = os.environ  # noqa: TID251 - of the caller, no settings of ours
    regions = {name: shell[name] for name in _REGIONS if shell.get(name)}
    examine(target, regions, with_release=needs_release)
    costs = found.costs(environment)
    with tempfile.TemporaryDirectory(prefix="analytics_deploy_") as folder:
        _synthesise(found, environment, release, Path(folder))
        selected = [f"{target.prefix}-{stack}" for stack in stacks] or ["--all"]
        _show(found, target, Path(folder), selected, costs)
        if confirm is None:
            return 0
        if not confirm():
            told("Nothing was changed.")
            return 1
        arguments = ["deploy", "--app", folder, "--require-approval", "never", "--exclusively", *selected]
        if _cdk(found, target, arguments).returncode:
            told(
                "analytics deploy: it was not deployed to its end; the reason stands above, or is told "
                "by: aws cloudformation describe-stack-events; mend that and apply again: what is done stays"
            )
            return 1
        return 0


def _synthesise(found: Checkout, environment: str, release: Path | None, folder: Path) -> None:
    app = f'"{found.python}" -m infra.app'
    named = ["-c", f"environment={environment}"]
    named += [] if release is None else ["-c", f"release={release.resolve()}"]
    arguments = ["synth", "--quiet", "--app", app, "--output", str(folder), *named]
    ended = _cdk(found, None, arguments, is_read=True)
    if ended.returncode:
        message = f"the stacks cannot be synthesised: {_last(ended.stderr)}; see make lint-infra"
        raise DeployError(message)


def _show(found: Checkout, target: Target, folder: Path, selected: Sequence[str], costs: str) -> None:
    names = [] if list(selected) == ["--all"] else [*selected]
    told(f"Account {target.account}, region {target.region}, {target.prefix}, release {target.version}\n")
    arguments = ["diff", "--method=template", "--no-color", "--exclusively", "--app", str(folder), *names]
    ended = _cdk(found, target, arguments, is_read=True)
    if ended.returncode:
        message = f"the changes cannot be told: {_last(ended.stderr)}; mend that"
        raise DeployError(message)
    diff = ended.stdout + ended.stderr
    told(diff.strip())
    synthesised = sorted(each.name.removesuffix(".template.json") for each in folder.glob("*.template.json"))
    for line in remarks(target, names or synthesised):
        told(line)
    lost = destructive(diff)
    told("\nDestroyed or replaced:" if lost else "\nNothing is destroyed or replaced.")
    for line in lost:
        told(f"  {line}")
    told(f"\nA month of the whole installation:\n\n{costs}")


def _last(said: str) -> str:
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    return lines[-1] if lines else "no reason told"


def _cdk(
    found: Checkout, target: Target | None, arguments: Sequence[str], *, is_read: bool = False
) -> subprocess.CompletedProcess[str]:
    variables = {**os.environ, **_QUIET}  # noqa: TID251 - handed on to a program as it is
    if target is not None:
        variables["AWS_REGION"] = target.region
    variables["PATH"] = f"{found.node.parent}{os.pathsep}{variables.get('PATH', '')}"
    return subprocess.run(  # noqa: S603 - programs of this repository
        [str(found.node), str(found.cdk), "--no-notices", *arguments],
        cwd=found.root,
        env=variables,
        capture_output=is_read,
        text=True,
        check=False,
    )
