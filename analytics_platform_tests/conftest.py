"""What holds for every test: nothing of this machine is seen, nothing leaves it. No fixtures of one topic."""

import importlib
import os
import signal
import sys
import tempfile

import pytest
from hypothesis import settings

LOOPBACK = ("127.", "::1", "localhost")
FOREIGN = ("ANALYTICS_", "AWS_", "DAGSTER_", "DBT_")
REAL_REDSHIFT = "ANALYTICS_TEST_REDSHIFT_"
"""Variables that give the tests of Redshift the address of a real one; see docs/redshift.md."""

# pytest compiles the modules of its plugins itself. Done late, in the thread of a test client, with a garbage
# collection in the midst of it, CPython 3.11 raises "AST constructor recursion depth mismatch".
importlib.import_module("anyio._core._fileio")

settings.register_profile("house", deadline=None)  # a busy machine is not a failure
settings.load_profile("house")


def _refuse_network(event: str, arguments: tuple[object, ...]) -> None:
    if event == "socket.connect" and isinstance(address := arguments[1], tuple):
        host = str(address[0])
        if not host.startswith(LOOPBACK):
            message = f"a test must not reach the network: {host}"
            raise ConnectionRefusedError(message)


def pytest_configure(config: pytest.Config) -> None:
    """Hide the settings, data and credentials of the machine before any module is imported."""
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        # Started in the background of a shell: Dagster would ignore SIGTERM too, and so would all processes.
        signal.signal(signal.SIGINT, signal.default_int_handler)
    real = {name for name in os.environ if name.startswith(REAL_REDSHIFT)}  # noqa: TID251 - given for tests
    if not real:
        sys.addaudithook(_refuse_network)
    home = tempfile.TemporaryDirectory(prefix="analytics_tests_")
    environment = pytest.MonkeyPatch()
    for name in list(os.environ):  # noqa: TID251 - hides variables, reads none
        if name.startswith(FOREIGN) and name not in real and not (real and name.startswith("AWS_")):
            environment.delenv(name)
    environment.setenv("ANALYTICS_HOME", home.name)
    config.add_cleanup(home.cleanup)
    config.add_cleanup(environment.undo)
