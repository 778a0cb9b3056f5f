"""What is wrong with a delivered file, and the exception for faults that no retry will cure."""

from collections.abc import Sequence
from typing import Annotated, TypedDict, Unpack

from pydantic import AfterValidator, BaseModel, ConfigDict

from analytics_platform.ingestion.accounting import RowCounts
from analytics_platform.ingestion.shown_text import SHOWN_CHARACTERS, shown

__all__ = [
    "SHOWN_CHARACTERS",
    "SHOWN_FINDINGS",
    "DeliveryRefused",
    "Finding",
    "Place",
    "refusal",
    "shown",
]

_LONGEST_NAME = 256
_LONGEST_SENTENCE = 2000
SHOWN_FINDINGS = 20


def _shown_or_none(text: str | None) -> str | None:
    return None if text is None else shown(text)


def _shown_name(text: str) -> str:
    return shown(text, _LONGEST_NAME)


def _shown_sentence(text: str) -> str:
    return shown(text, _LONGEST_SENTENCE)


ShownOrNone = Annotated[str | None, AfterValidator(_shown_or_none)]


class Finding(BaseModel):
    """One fault: where it is, as the sender sees the file, what is wrong, and what to do.

    Attributes
    ----------
    file : str
        Name of the file in the landing zone.
    sheet : str or None
        Sheet of the workbook.
    row : int or None
        Row, counted from 1 as a spreadsheet shows it; in Parquet the first record is row 1.
    column : str or None
        The sender's header.
    value : str or None
        The cell as text, shortened, control characters escaped.
    message : str
        What is wrong.
    cure : str
        What the sender or the operator can do.
    """

    model_config = ConfigDict(frozen=True, strict=True, extra="forbid")

    file: Annotated[str, AfterValidator(_shown_name)]
    sheet: ShownOrNone = None
    row: int | None = None
    column: ShownOrNone = None
    value: ShownOrNone = None
    message: Annotated[str, AfterValidator(_shown_sentence)]
    cure: Annotated[str, AfterValidator(_shown_sentence)]

    @property
    def place(self) -> str:
        """Where in the file: sheet, row, column and value, as far as they are known."""
        parts = [
            None if self.sheet is None else f"sheet '{self.sheet}'",
            None if self.row is None else f"row {self.row}",
            None if self.column is None else f"column '{self.column}'",
            None if self.value is None else f"value '{self.value}'",
        ]
        return ", ".join(part for part in parts if part is not None)

    def __str__(self) -> str:
        """Place, message and cure as one line."""
        where = f"{self.place}: " if self.place else ""
        return f"{where}{self.message}. {self.cure}."


class DeliveryRefused(Exception):  # noqa: N818 - the delivery is refused; the program made no error
    """A delivery that cannot be loaded as it is: the file, its name or its content must change.

    Parameters
    ----------
    findings : sequence of Finding
        The faults, or the first of them.
    total : int, optional
        Number of all faults, if `findings` holds only the first.
    counts : RowCounts, optional
        The account, if the file could be read and was refused for its rows.
    """

    def __init__(
        self, findings: Sequence[Finding], total: int | None = None, counts: RowCounts | None = None
    ) -> None:
        self.findings = tuple(findings)
        self.total = len(self.findings) if total is None else total
        self.counts = counts
        super().__init__(self.findings, self.total, counts)

    def __str__(self) -> str:
        """Tell the findings, one a line."""
        lines = [str(finding) for finding in self.findings[:SHOWN_FINDINGS]]
        hidden = self.total - len(lines)
        if hidden > 0:
            lines.append(f"... and {hidden} more.")
        file = self.findings[0].file if self.findings else "The delivery"
        if len(lines) == 1:
            return f"{file} was refused: {lines[0]}"
        return "\n- ".join([f"{file} was refused:", *lines])


class Place(TypedDict, total=False):
    """Where in a file; see `Finding`."""

    sheet: str | None
    row: int | None
    column: str | None
    value: str | None


def refusal(file: str, message: str, cure: str, **place: Unpack[Place]) -> DeliveryRefused:
    """Make a refusal with one finding; see `Finding` for the arguments."""
    return DeliveryRefused([Finding(file=file, message=message, cure=cure, **place)])
