"""The parent's side of parsing: gives files to the child, and outlives whatever a file does to it."""

import signal
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType, TracebackType
from typing import Self

from pydantic import ValidationError

import analytics_platform
from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.child.process import ChildDied, ChildProcess
from analytics_platform.ingestion.dialects.dialect import Dialect
from analytics_platform.ingestion.faults import DeliveryRefused, Finding, refusal
from analytics_platform.ingestion.file_name import DeliveryName
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.ingestion.protocol import (
    ACCEPTED_FILE,
    OUT_OF_MEMORY,
    READING,
    READY,
    REJECTED_FILE,
    UNPUBLISHED,
    Lineage,
    ParseAnswer,
    ParseRequest,
)

_WORKER = "analytics_platform.ingestion.child.worker"
_PACKAGE_ROOT = str(Path(analytics_platform.__file__).parents[1])
_START_SECONDS = 60.0
_CURE = "Check the size of the sheet, save the file again or split it; raise the limits if it is right"
_NO_ENVIRONMENT: Mapping[str, str] = MappingProxyType({})


class ParsingFailed(RuntimeError):  # noqa: N818 - named as its sibling DeliveryRefused
    """The child broke for a reason that is not the file's: a fault of the platform or of the machine."""


@dataclass(frozen=True)
class ParsedDelivery:
    """A delivery that may be loaded.

    Attributes
    ----------
    accepted, rejected : Path
        Parquet files: the table's lake columns, ready for `Lake.adopt`; `row_number`, the sender's columns
        and `reason`.
    counts : RowCounts
        The account.
    findings : tuple of Finding
        The first faults of the rejected rows.
    total_findings : int
        Number of all faults.
    notes : tuple of str
        What the sender may want to know.
    sheet : str or None
        Sheet of the workbook that was read.
    """

    accepted: Path
    rejected: Path
    counts: RowCounts
    findings: tuple[Finding, ...]
    total_findings: int
    notes: tuple[str, ...]
    sheet: str | None


class ParsingChild:
    """A child process that parses one file after the other; a new one is started when a file kills it.

    Not for several threads at once: one child parses one file at a time.

    Parameters
    ----------
    limits : Limits
        What a file may ask for; `memory_bytes` and `seconds` are enforced here.
    environment : mapping of str to str
        Environment variables of the child beside the few that it needs. Nothing is inherited.

    Examples
    --------
    ::

        with ParsingChild() as child:
            delivery = child.parse(path, name, dialect, output)
    """

    def __init__(
        self, limits: Limits | None = None, environment: Mapping[str, str] = _NO_ENVIRONMENT
    ) -> None:
        self.limits = limits or Limits()
        self._environment = {
            "LC_ALL": "C.UTF-8",
            "MALLOC_ARENA_MAX": "2",
            "POLARS_MAX_THREADS": "1",  # batches are small: more threads only wait for each other
            "PYTHONPATH": _PACKAGE_ROOT,
            **environment,
        }
        self._process: ChildProcess | None = None
        self._is_ready = False

    def __enter__(self) -> Self:
        """Start the child, without waiting for it."""
        self._process = self._started()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stop the child."""
        self._stop()

    @property
    def pid(self) -> int | None:
        """Process id of the running child."""
        return None if self._process is None else self._process.pid

    def parse(
        self,
        path: Path,
        name: DeliveryName,
        dialect: Dialect,
        output: Path,
        lineage: Lineage = UNPUBLISHED,
    ) -> ParsedDelivery:
        """Parse one file in the child.

        Parameters
        ----------
        path : Path
            Local file.
        name : DeliveryName
            What its name in the landing zone declares.
        dialect : Dialect
            How the sender writes.
        output : Path
            Existing folder that takes the accepted and the rejected rows, the latter also when the delivery
            is refused for them.
        lineage : Lineage
            What is written beside every accepted row.

        Returns
        -------
        ParsedDelivery
            Where the rows are, and the account.

        Raises
        ------
        DeliveryRefused
            If the file cannot be loaded as it is, or cannot be read within the limits.
        ParsingFailed
            If the child cannot start, or breaks for a reason that is not the file's.
        """
        request = ParseRequest(
            path=str(path),
            name=str(name),
            dialect=dialect,
            limits=self.limits,
            output=str(output),
            lineage=lineage,
        )
        process = self._given(request.model_dump_json().encode())
        try:
            answer = ParseAnswer.model_validate_json(process.hear(self.limits.seconds))
        except (ChildDied, ValidationError) as death:
            for file in (ACCEPTED_FILE, REJECTED_FILE):  # they may be cut off
                (output / file).unlink(missing_ok=True)
            raise self._verdict(name, process, death) from None
        if answer.is_refused or answer.counts is None:
            raise DeliveryRefused(answer.findings, answer.total_findings, answer.counts)
        return ParsedDelivery(
            accepted=output / ACCEPTED_FILE,
            rejected=output / REJECTED_FILE,
            counts=answer.counts,
            findings=answer.findings,
            total_findings=answer.total_findings,
            notes=answer.notes,
            sheet=answer.sheet,
        )

    def _given(self, request: bytes) -> ChildProcess:
        """Hand a request to the child; to a new one, once, if the last one died before it took it."""
        was_ready = self._is_ready
        process = self._ready()
        try:
            process.say(request)
            if process.hear(_START_SECONDS) == READING:
                return process
            death = "it answered something else"
        except ChildDied as error:
            death = str(error)
        failure = self._broken(process, f"the parsing process took no file: {death}")
        if was_ready:
            return self._given(request)
        raise failure

    def _ready(self) -> ChildProcess:
        """Wait until the child is ready; start one if there is none."""
        process = self._process = self._process or self._started()
        if not self._is_ready:
            try:
                is_own = process.hear(_START_SECONDS) == READY
            except ChildDied as death:
                raise self._broken(process, f"the parsing process did not start: {death}") from None
            if not is_own:
                raise self._broken(process, "the parsing process did not start: it said something else")
            self._is_ready = True
        return process

    def _started(self) -> ChildProcess:
        return ChildProcess(_WORKER, [str(self.limits.memory_bytes)], self._environment)

    def _stop(self) -> None:
        if self._process is not None:
            self._process.stop()
        self._process, self._is_ready = None, False

    def _verdict(
        self, name: DeliveryName, process: ChildProcess, death: ChildDied | ValidationError
    ) -> DeliveryRefused | ParsingFailed:
        """Blame the file for the end of the child, unless Python code of ours raised an error."""
        if isinstance(death, ValidationError):
            return self._broken(process, f"{name}: the parsing process gave no answer that can be understood")
        status = process.status()
        if 0 < status != OUT_OF_MEMORY:
            return self._broken(process, f"{name}: the parsing process broke")
        self._stop()
        ended = f" by {signal.Signals(-status).name}" if status < 0 and str(death) == "it ended" else ""
        return refusal(
            str(name),
            f"the file could not be read within the limits of {self.limits.memory_bytes >> 20:,} MiB of "
            f"memory and {self.limits.seconds:g} seconds; the reading process was stopped: {death}{ended}",
            _CURE,
        )

    def _broken(self, process: ChildProcess, message: str) -> ParsingFailed:
        told = f"{message} (status {process.status()})\n{process.errors()}"
        self._stop()
        return ParsingFailed(told)
