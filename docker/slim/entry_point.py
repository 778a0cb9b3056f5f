#!/usr/bin/env python3
"""Entry point of the slim container: fetch environment and code, verify, unpack, run the script.

It needs the standard library of Python 3.11 and, for S3, the AWS CLI; it works the same without a container.

ENVIRONMENT_ARCHIVE   virtual environment: s3://bucket/key?versionId=...&sha256=..., or file:///path?sha256=...
CODE_ARCHIVE          code, in the same way; the script finds it as its folder, in PYTHONPATH and in SLIM_CODE
COMMAND               shell script; arguments of the container win over it
LOG_ARCHIVE           s3://bucket/prefix: a failed script leaves the end of its output there
SLIM_CACHE, SLIM_MAX_BYTES, SLIM_MAX_ENTRIES, SLIM_LOG_BYTES, SLIM_RETRY_MILLISECONDS

It exits with the code of the script, 128 + n if signal n ended it; 78: cannot work as it is told;
75: may work another time.
"""

import os
import sys
import tempfile
import time
import uuid
from collections.abc import Mapping
from pathlib import Path

sys.dont_write_bytecode = True  # the image may be read-only

from adoption import adopt, mark  # noqa: E402 - after the line above
from cache import Cache  # noqa: E402
from child import KeptLog, Signals, run  # noqa: E402
from configuration import Configuration, configuration  # noqa: E402
from download import put  # noqa: E402
from faults import SlimError, tell  # noqa: E402
from script import found, script_variables  # noqa: E402
from unpacking import Limits  # noqa: E402


def start(of: Configuration, given: Mapping[str, str], signals: Signals) -> int:
    """Prepare and run what is asked for; return the exit code."""
    began = time.monotonic()
    cache = Cache(of.cache, Limits(of.most_bytes, of.most_entries), of.retry_seconds)
    environment = cache.provide("environment", of.environment, adopt, mark()) if of.environment else None
    code = cache.provide("code", of.code) if of.code else None
    variables = script_variables(given, environment, code)
    with tempfile.TemporaryDirectory(prefix="slim-") as folder:
        log = KeptLog(Path(folder, "output.log"), of.log_bytes)
        tell("start", program=Path(of.command[0]).name, prepare_seconds=round(time.monotonic() - began, 2))
        started = time.monotonic()
        exit_code = run(found(of.command, variables), variables, code, signals=signals, log=log)
        tell("end", exit_code=exit_code, seconds=round(time.monotonic() - started, 2))
        if exit_code and of.logs:
            _keep(log, of, exit_code)
    return exit_code


def _keep(log: KeptLog, of: Configuration, exit_code: int) -> None:
    """Put the log where it outlives the container; that this fails never hides why the script did."""
    name = f"{time.strftime('%Y-%m-%d/%H%M%S', time.gmtime())}-exit-{exit_code}-{uuid.uuid4().hex[:12]}.log"
    try:
        if of.logs:
            tell("log kept", archive=put(log.whole(), of.logs, name))
    except (SlimError, OSError) as error:
        tell("log not kept", error=str(error))


def main() -> int:
    """Do as the variables say; return the exit code."""
    given = dict(os.environ)  # noqa: TID251 - here is no package with settings
    signals = Signals()
    try:
        return start(configuration(given, sys.argv[1:]), given, signals)
    except SlimError as error:
        tell("error", error=str(error), exit_code=error.exit_code)
        return error.exit_code


if __name__ == "__main__":
    sys.exit(main())
