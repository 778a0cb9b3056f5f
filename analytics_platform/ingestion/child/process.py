"""One running child process: start it, exchange lines with it, end it. No line has a meaning here."""

import selectors
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence

from analytics_platform.ingestion.faults import shown

_LONGEST_LINE = 4 << 20
_TOLD_BYTES = 2000


class ChildDied(Exception):  # noqa: N818 - says what happened; never leaves the package
    """The child ended, or was ended, before it had said what was awaited."""


class ChildProcess:
    """A Python process that runs one module of ours and is spoken to by lines.

    Parameters
    ----------
    module : str
        Module to run.
    arguments : sequence of str
        Its arguments.
    environment : mapping of str to str
        All of its environment variables.
    """

    def __init__(self, module: str, arguments: Sequence[str], environment: Mapping[str, str]) -> None:
        self._errors = tempfile.TemporaryFile()  # noqa: SIM115 - lives as long as the process, closed in stop
        self._process = subprocess.Popen(  # noqa: S603 - our own interpreter and module, no shell
            [sys.executable, "-P", "-s", "-m", module, *arguments],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=self._errors,
            env=environment,
            bufsize=0,
        )
        self._received = b""

    @property
    def pid(self) -> int:
        """Process id."""
        return self._process.pid

    def say(self, line: bytes) -> None:
        """Send one line.

        Raises
        ------
        ChildDied
            If nobody reads it.
        """
        try:
            if self._process.stdin is not None:
                self._process.stdin.write(line + b"\n")
        except (BrokenPipeError, ConnectionResetError) as error:
            message = "it ended"
            raise ChildDied(message) from error

    def hear(self, seconds: float) -> bytes:
        """Wait for one line, and end the process if it does not come.

        Raises
        ------
        ChildDied
            If the process ends, says too much, or says nothing for so many seconds.
        """
        deadline = time.monotonic() + seconds
        with selectors.DefaultSelector() as selector:
            if self._process.stdout is not None:
                selector.register(self._process.stdout, selectors.EVENT_READ)
            while b"\n" not in self._received:
                if not selector.select(max(deadline - time.monotonic(), 0)):
                    self._die(f"it took more than {seconds:g} seconds")
                part = self._process.stdout.read(1 << 16) if self._process.stdout is not None else b""
                if not part:
                    self._die("it ended")
                self._received += part
                if len(self._received) > _LONGEST_LINE:
                    self._die("it said too much")
        line, _, self._received = self._received.partition(b"\n")
        return line

    def _die(self, message: str) -> None:
        if message != "it ended":
            self._process.kill()
        raise ChildDied(message)

    def status(self) -> int:
        """Exit status of a process that is ending; minus the number of the signal that ended it."""
        try:
            return self._process.wait(1)
        except subprocess.TimeoutExpired:
            self._process.kill()
            return self._process.wait()

    def errors(self) -> str:
        """Give the end of what the process wrote to standard error, safe to show."""
        self._errors.seek(0)
        lines = self._errors.read()[-_TOLD_BYTES:].decode("utf-8", "replace").splitlines()
        return "\n".join(f"  {shown(line)}" for line in lines)

    def stop(self) -> None:
        """End the process and let go of all that belongs to it."""
        self._process.kill()
        self._process.communicate()
        self._errors.close()
