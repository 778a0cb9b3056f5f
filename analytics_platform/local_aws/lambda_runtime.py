"""Lambda without Docker: the handler of a function's zip runs in a process of its own."""

import io
import json
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from functools import cache
from pathlib import Path
from typing import Any

import moto.s3.notifications
from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends

_RUNNER = """
import importlib, json, sys, traceback, types
module, _, name = sys.argv[1].rpartition(".")
sys.path.insert(0, sys.argv[2])
context = types.SimpleNamespace(function_name=sys.argv[3], aws_request_id="local")
try:
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    told = {"returned": handler(json.loads(sys.stdin.read() or "null"), context)}
except Exception as error:
    told = {"raised": {"errorMessage": str(error), "errorType": type(error).__name__,
                       "stackTrace": traceback.format_exc().splitlines()}}
sys.__stdout__.write("\\n@@" + json.dumps(told))
"""

_DEFAULT_TIMEOUT_SECONDS = 3


def install() -> None:
    """Let invocations run the code of the function instead of giving back their input."""
    LambdaSimpleBackend.invoke = _invoke  # type: ignore[method-assign]
    moto.s3.notifications._invoke_awslambda = _invoke_for_s3  # noqa: SLF001 - what is patched


def invoke_later(account: str, region: str, function: str, event: str) -> None:
    """Invoke a function as AWS invokes it for events: nobody waits for what it returns."""
    found = lambda_simple_backends[account][region].get_function(function)
    threading.Thread(target=_run, args=(found, event), daemon=True).start()


def _invoke(  # noqa: PLR0913, PLR0917 - asked for by moto
    self: LambdaSimpleBackend,
    function_name: str,
    qualifier: str | None,
    body: str | bytes | None,
    headers: object,  # noqa: ARG001 - asked for by moto
    response_headers: dict[str, str],
) -> bytes:
    told, is_error = _run(self.get_function(function_name, qualifier), body or "{}")
    if is_error:
        response_headers["x-amz-function-error"] = "Unhandled"
    return json.dumps(told).encode()


def _invoke_for_s3(account_id: str, event_body: object, fn_arn: str, region_name: str) -> None:
    invoke_later(account_id, region_name, fn_arn, json.dumps(event_body))


def _run(function: Any, event: str | bytes) -> tuple[object, bool]:  # noqa: ANN401 - of moto
    """Return what the handler returned, or its error and True."""
    folder = _unpacked(function.code_sha_256, function.code_bytes)
    seconds = int(function.timeout or _DEFAULT_TIMEOUT_SECONDS)
    command = [sys.executable, "-c", _RUNNER, function.handler, folder, function.function_name]
    try:
        done = subprocess.run(  # noqa: S603 - the function that was created here
            command,
            input=event if isinstance(event, bytes) else event.encode(),
            stdout=subprocess.PIPE,
            env={**os.environ, **(function.environment_vars or {})},  # noqa: TID251 - passed on, not read
            timeout=seconds,
            check=False,
        )
    except subprocess.TimeoutExpired:
        return {"errorMessage": f"Task timed out after {seconds}.00 seconds"}, True
    *_, told = done.stdout.decode().rpartition("@@")
    if not told:
        return {"errorMessage": "Runtime exited", "errorType": "Runtime.ExitError"}, True
    outcome = json.loads(told)
    return outcome.get("raised", outcome.get("returned")), "raised" in outcome


@cache
def _unpacked(digest: str, content: bytes) -> str:  # noqa: ARG001 - the digest tells codes apart
    folder = tempfile.mkdtemp(prefix="lambda_")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return str(Path(folder))
