"""Lambda without Docker: the handler of a function's zip runs in a process of its own."""

import io
import json
import logging
import os
import subprocess
import sys
import tempfile
import threading
import zipfile
from functools import cache
from typing import Any

import moto.s3.notifications
from moto.awslambda_simple.models import LambdaSimpleBackend, lambda_simple_backends

from analytics_platform.local_aws.variables import inherited, of_emulation

_RUNNER = """
import importlib, json, sys, time, traceback
module, _, name = sys.argv[1].rpartition(".")
sys.path.insert(0, sys.argv[2])
class Context:
    function_name, invoked_function_arn, aws_request_id = sys.argv[3], sys.argv[4], sys.argv[6]
    function_version, memory_limit_in_mb = "$LATEST", "128"
    log_group_name = f"/aws/lambda/{sys.argv[3]}"
    ends = time.monotonic() + float(sys.argv[5])
    def get_remaining_time_in_millis(self):
        return max(0, int(1000 * (self.ends - time.monotonic())))
try:
    handler = getattr(importlib.import_module(module.replace("/", ".")), name)
    told = {"returned": handler(json.loads(sys.stdin.read() or "null"), Context())}
    text = json.dumps(told)
except Exception as error:
    text = json.dumps({"raised": {"errorMessage": str(error), "errorType": type(error).__name__,
                                  "requestId": sys.argv[6],
                                  "stackTrace": traceback.format_exc().splitlines()}})
sys.__stdout__.write("\\n@@" + text)
"""

_DEFAULT_TIMEOUT_SECONDS = 3
_LOG = logging.getLogger(__name__)
_running: set[subprocess.Popen[bytes]] = set()


def install() -> None:
    """Let invocations run the code of the function instead of giving back their input."""
    LambdaSimpleBackend.invoke = _invoke  # type: ignore[method-assign]
    moto.s3.notifications._invoke_awslambda = _invoke_for_s3  # noqa: SLF001 - what is patched


def end_all() -> None:
    """End the processes of all functions that still run."""
    for process in list(_running):
        process.kill()


def invoke_later(account: str, region: str, function: str, event: str) -> None:
    """Invoke a function as AWS invokes it for events: nobody waits for what it returns."""
    found = lambda_simple_backends[account][region].get_function(function)
    threading.Thread(target=_run_unasked, args=(found, event), daemon=True).start()


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


def _run_unasked(function: Any, event: str) -> None:  # noqa: ANN401 - of moto
    told, is_error = _run(function, event)
    if is_error:
        _LOG.error("function %s: %s", function.function_name, told)


def _run(function: Any, event: str | bytes) -> tuple[object, bool]:  # noqa: ANN401 - of moto
    """Return what the handler returned, or its error and True."""
    seconds = int(function.timeout or _DEFAULT_TIMEOUT_SECONDS)
    request = os.urandom(16).hex()
    arguments = [
        function.handler,
        _unpacked(function.code_sha_256, function.code_bytes),
        function.function_name,
        function.function_arn,
        str(seconds),
        request,
    ]
    process = subprocess.Popen(  # noqa: S603 - the function that was created here
        [sys.executable, "-c", _RUNNER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        env=_environment(function),
    )
    _running.add(process)
    try:
        out, _ = process.communicate(event if isinstance(event, bytes) else event.encode(), seconds)
    except subprocess.TimeoutExpired:
        process.kill()
        process.communicate()
        return _error("Sandbox.Timedout", f"{request} Task timed out after {seconds}.00 seconds")
    finally:
        _running.discard(process)
    _, mark, told = out.decode("utf-8", "replace").rpartition("\n@@")
    if not mark:
        return _error("Runtime.ExitError", f"RequestId: {request} Error: Runtime exited")
    outcome = json.loads(told)
    return outcome.get("raised", outcome.get("returned")), "raised" in outcome


def _error(kind: str, message: str) -> tuple[object, bool]:
    return {"errorType": kind, "errorMessage": message}, True


def _environment(function: Any) -> dict[str, str]:  # noqa: ANN401 - of moto
    """Return what the function sees: the emulation, and what it was created with."""
    port = os.environ.get("MOTO_PORT", "5000")  # noqa: TID251 - where the emulation told its clients to look
    told = of_emulation(f"http://127.0.0.1:{port}", function.region)
    return {**inherited(), **told, **(function.environment_vars or {})}


@cache
def _unpacked(digest: str, content: bytes) -> str:  # noqa: ARG001 - the digest tells codes apart
    folder = tempfile.mkdtemp(prefix="lambda_")
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        archive.extractall(folder)
    return folder
