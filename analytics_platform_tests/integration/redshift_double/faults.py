"""What tests let go wrong: refused, slow and paused statements, connections that are cut."""

import re
import time
from dataclasses import dataclass, field
from threading import Event, Lock

from analytics_platform_tests.integration.redshift_double.errors import RedshiftError, serializable_violation

LONGEST_PAUSE_SECONDS = 60.0


class CutError(Exception):
    """The connection of a client is to be closed without an answer."""


@dataclass(frozen=True)
class Pause:
    """A statement that waits before it is run.

    Attributes
    ----------
    reached, released : Event
        Set when a client asks the statement, and by the test when it may go on.
    """

    reached: Event = field(default_factory=Event)
    released: Event = field(default_factory=Event)


@dataclass
class _Fault:
    matching: re.Pattern[str]
    times: int
    refusal: RedshiftError | None = None
    seconds: float = 0.0
    pause: Pause | None = None
    cuts: bool = False
    cuts_after: bool = False


class Faults:
    """Faults that wait for a statement. Patterns are searched in what the client asks, in any case."""

    def __init__(self) -> None:
        self._waiting: list[_Fault] = []
        self._lock = Lock()

    def refuse(self, matching: str, *, error: RedshiftError | None = None, times: int = 1) -> None:
        """Answer the next statement with an error, by default 1023; its transaction fails."""
        self._add(_Fault(_pattern(matching), times, refusal=error or serializable_violation()))

    def delay(self, matching: str, seconds: float, *, times: int = 1) -> None:
        """Run the next statement late."""
        self._add(_Fault(_pattern(matching), times, seconds=seconds))

    def pause(self, matching: str) -> Pause:
        """Hold the next statement before it runs, until the test releases it."""
        pause = Pause()
        self._add(_Fault(_pattern(matching), 1, pause=pause))
        return pause

    def cut(self, matching: str, *, after: bool = False, times: int = 1) -> None:
        """Cut the connection when the statement is asked, or after it ran and before it is answered."""
        self._add(_Fault(_pattern(matching), times, cuts=not after, cuts_after=after))

    def clear(self) -> None:
        """Forget all faults; what is paused goes on."""
        with self._lock:
            for fault in self._waiting:
                if fault.pause is not None:
                    fault.pause.released.set()
            self._waiting.clear()

    def meet(self, sql: str) -> bool:
        """Let happen what waits for a statement; return whether the connection is cut after it ran.

        Raises
        ------
        RedshiftError
            If it is refused.
        CutError
            If the connection is cut before it runs.
        """
        fault = self._take(sql)
        if fault is None:
            return False
        time.sleep(fault.seconds)
        if fault.pause is not None:
            fault.pause.reached.set()
            fault.pause.released.wait(LONGEST_PAUSE_SECONDS)
        if fault.cuts:
            raise CutError
        if fault.refusal is not None:
            raise fault.refusal
        return fault.cuts_after

    def _add(self, fault: _Fault) -> None:
        with self._lock:
            self._waiting.append(fault)

    def _take(self, sql: str) -> _Fault | None:
        with self._lock:
            fault = next((one for one in self._waiting if one.matching.search(sql)), None)
            if fault is not None:
                fault.times -= 1
                if fault.times == 0:
                    self._waiting.remove(fault)
            return fault


def _pattern(matching: str) -> re.Pattern[str]:
    return re.compile(matching, re.IGNORECASE | re.DOTALL)
