"""Running the script: a session of its own, signals passed on, output passed on and kept, orphans reaped."""  # noqa: INP001 - scripts beside each other

import contextlib
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import FrameType

from faults import SlimError, tell

PASSED_ON = (signal.SIGTERM, signal.SIGINT, signal.SIGHUP, signal.SIGQUIT, signal.SIGUSR1, signal.SIGUSR2)
SIGNALLED = 128
_BLOCK = 1 << 16
_LAST_WORDS_SECONDS = 1.0
_CANNOT_RUN, _NOT_FOUND = 126, 127


class KeptLog:
    """The end of an output in two files, so that it never takes more than so many bytes."""

    def __init__(self, file: Path, most_bytes: int) -> None:
        self._file, self._before = file, file.with_suffix(".before")
        self._half = max(1, most_bytes // 2)
        self._out = file.open("wb")
        self._size = 0

    def write(self, block: bytes) -> None:
        """Keep a block."""
        for at in range(0, len(block), self._half):
            piece = block[at : at + self._half]
            if self._size + len(piece) > self._half:
                self._out.close()
                self._file.replace(self._before)
                self._out, self._size = self._file.open("wb"), 0
            self._out.write(piece)
            self._size += len(piece)

    def whole(self) -> Path:
        """Return one file of what was kept."""
        self._out.close()
        if self._before.exists():
            with self._before.open("ab") as out:
                out.write(self._file.read_bytes())
            self._before.replace(self._file)
        return self._file


class Signals:
    """Signals to this process: they end the preparation, and are passed on to the script once it runs."""

    def __init__(self) -> None:
        self._child: int | None = None
        self._waiting: list[int] | None = None
        for number in PASSED_ON:
            signal.signal(number, self._handle)

    def start(
        self, command: Sequence[str], environment: Mapping[str, str], folder: Path | None
    ) -> "subprocess.Popen[bytes]":
        """Start the script; a signal that comes in the midst is kept for it."""
        self._waiting = []
        child = subprocess.Popen(  # noqa: S603 - it is what we are for
            command,
            env=environment,
            cwd=folder,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._child = child.pid
        for number in self._waiting:
            self._pass_on(number)
        return child

    def _handle(self, number: int, _: FrameType | None) -> None:
        if self._child is not None:
            self._pass_on(number)
        elif self._waiting is not None:
            self._waiting.append(number)
        else:
            raise SystemExit(SIGNALLED + number)

    def _pass_on(self, number: int) -> None:
        tell("signal", number=number, name=signal.Signals(number).name)
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self._child or 0, number)


def run(
    command: Sequence[str],
    environment: Mapping[str, str],
    folder: Path | None,
    *,
    signals: Signals,
    log: KeptLog,
) -> int:
    """Run the script to its end; return its exit code, 128 + n if signal n ended it.

    Raises
    ------
    SlimError
        If it cannot be started.
    """
    woken, wake = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
    signal.signal(signal.SIGCHLD, lambda *_: None)
    signal.set_wakeup_fd(wake, warn_on_full_buffer=False)
    try:
        child = signals.start(command, environment, folder)
    except (OSError, ValueError) as error:
        failed = SlimError(f"{command[0]!a} cannot be started ({error}); is it in an archive or the image?")
        failed.exit_code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _CANNOT_RUN
        raise failed from error
    if child.stdout is None or child.stderr is None:
        message = "the script was started without pipes"
        raise AssertionError(message)
    with child.stdout as output, child.stderr as errors, selectors.DefaultSelector() as selector:
        selector.register(woken, selectors.EVENT_READ)
        selector.register(output, selectors.EVENT_READ, 1)
        selector.register(errors, selectors.EVENT_READ, 2)
        code = _watch(child.pid, selector, log)
    child.returncode = code
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(child.pid, signal.SIGKILL)  # what the script left behind ends, as it does with a container
    return code


def _watch(child: int, selector: selectors.BaseSelector, log: KeptLog) -> int:
    """Pass the output on until the script has ended and its pipes are closed, or silent for a while."""
    code: int | None = None
    over = float("inf")
    while code is None or len(selector.get_map()) > 1:
        for key, _ in selector.select(None if code is None else max(0.0, over - time.monotonic())):
            if key.data is None:
                os.read(key.fd, _BLOCK)
            elif block := os.read(key.fd, _BLOCK):
                log.write(block)
                _pass_to(key.data, block)
            else:
                selector.unregister(key.fileobj)
        ended = _reap(child)
        if ended is not None:
            code, over = ended, time.monotonic() + _LAST_WORDS_SECONDS
        if time.monotonic() >= over:
            break
    return code or 0


def _pass_to(descriptor: int, block: bytes) -> None:
    """Write all of a block; who no longer listens does not stop the script."""
    with contextlib.suppress(BrokenPipeError):
        while block:
            block = block[os.write(descriptor, block) :]


def _reap(child: int) -> int | None:
    """Take the exit codes of all that has ended, as process 1 must; return the script's."""
    code = None
    while True:
        try:
            ended, status = os.waitpid(-1, os.WNOHANG)
        except ChildProcessError:
            return code
        if ended == 0:
            return code
        if ended == child:
            told = os.waitstatus_to_exitcode(status)
            code = told if told >= 0 else SIGNALLED - told
