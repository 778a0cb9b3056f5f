"""What one load did, for its caller to tell. No loading."""

from collections.abc import Sequence
from dataclasses import dataclass, field

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.storage.ledger.ledger import State


class IntakeError(RuntimeError):
    """Files could not be loaded for no fault of theirs; they are owed still, up to a number of attempts."""


@dataclass(frozen=True)
class FileOutcome:
    """What became of one file.

    Attributes
    ----------
    key : str
        Its name in the landing zone.
    state : State
        Where it stands now; seen if it failed for a reason that may pass.
    accepted, rejected, ignored : int
        Its rows, as far as they were read.
    """

    key: str
    state: State
    accepted: int = 0
    rejected: int = 0
    ignored: int = 0


@dataclass
class Outcome:
    """What one load did.

    Attributes
    ----------
    loaded, duplicates : int
        Files loaded, and files whose content was loaded before.
    rows_accepted, rows_rejected, rows_ignored : int
        Rows of the loaded files.
    refused : list of str
        One clear text per refused file.
    notes : list of str
        What is odd about loaded files and no reason to refuse them.
    files : list of FileOutcome
        Every file, in the order of the load.
    """

    loaded: int = 0
    duplicates: int = 0
    rows_accepted: int = 0
    rows_rejected: int = 0
    rows_ignored: int = 0
    refused: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    files: list[FileOutcome] = field(default_factory=list)

    def note_loaded(self, key: str, counts: RowCounts, notes: Sequence[str]) -> None:
        """Count a loaded file."""
        self.loaded += 1
        self.rows_accepted += counts.accepted
        self.rows_rejected += counts.rejected
        self.rows_ignored += counts.ignored
        self.notes += notes
        self._note(key, State.LOADED, counts)

    def note_duplicate(self, key: str) -> None:
        """Count a file whose content was loaded before."""
        self.duplicates += 1
        self._note(key, State.DUPLICATE, None)

    def note_refused(self, key: str, message: str, counts: RowCounts | None) -> None:
        """Count a refused file."""
        self.refused.append(message)
        self._note(key, State.QUARANTINED, counts)

    def note_failed(self, key: str, state: State) -> None:
        """Count a file that was not to blame."""
        self._note(key, state, None)

    def _note(self, key: str, state: State, counts: RowCounts | None) -> None:
        rows = (0, 0, 0) if counts is None else (counts.accepted, counts.rejected, counts.ignored)
        self.files.append(FileOutcome(key, state, *rows))
