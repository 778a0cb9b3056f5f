"""Cells of tables: a number as readers see it, with the reason where it is missing."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from analytics_platform.report import format  # noqa: A004 - the module that formats
from analytics_platform.report.charts import bar
from analytics_platform.report.format import DASH, MINUS, Number
from analytics_platform.report.notes import NO_REASON, Note, merged

REMARKS = 5
"""Remarks that stand below a table."""


@dataclass(frozen=True)
class Told:
    """Status of one row and the reason for it, with the name of what it is about."""

    subject: str
    status: str
    reason: str | None


@dataclass(frozen=True)
class Grid:
    """A table of cells; the first column names the line.

    Attributes
    ----------
    title, note : str
        Heading, and what to know to read it.
    head : sequence of str
        Names of the columns.
    lines : sequence of sequence of Markup
        Cells of each row.
    told : sequence of Told
        Status and reason of the rows; what is not ok stands below the table and among the notes.
    total : sequence of Markup
        Last line, set off from the others; empty for none.
    is_wide : bool
        Whether the table takes the whole width of the page.
    absent : str
        What is said in place of a table without lines.
    text : sequence of str
        Names of the columns that hold words; all others but the first hold numbers.
    """

    title: str
    note: str
    head: Sequence[str]
    lines: Sequence[Sequence[Markup]]
    told: Sequence[Told] = ()
    total: Sequence[Markup] = ()
    is_wide: bool = False
    absent: str = "No rows for this session."
    text: Sequence[str] = ()

    @property
    def remarks(self) -> list[Note]:
        """What is missing or holds with a remark in this table, each reason once."""
        return merged((told.subject, told.status, told.reason) for told in self.told)

    @property
    def remarks_shown(self) -> list[Note]:
        """The first of the remarks; the notes of a portfolio's page hold all."""
        return self.remarks[:REMARKS]


def shown(text: str, reason: str | None = None) -> Markup:
    """Mark a formatted number for a page: a loss is red with its sign, a missing value tells why."""
    if text == DASH:
        return Markup('<abbr class="none" title="{}">{}</abbr>').format(reason or NO_REASON, text)
    if text.startswith(MINUS):
        return Markup('<span class="loss-text">{}</span>').format(text)
    return escape(text)


def money(value: Number | None, reason: str | None = None) -> Markup:
    """Amount."""
    return shown(format.money(value), reason)


def gain(value: Number | None, reason: str | None = None) -> Markup:
    """Amount with its sign."""
    return shown(format.money(value, signed=True), reason)


def rate(value: Number | None, reason: str | None = None, places: int = 1) -> Markup:
    """Rate as per cent."""
    return shown(format.percent(value, places=places), reason)


def change(value: Number | None, reason: str | None = None) -> Markup:
    """Rate as per cent with its sign."""
    return shown(format.percent(value, signed=True), reason)


def number(value: Number | None, reason: str | None = None) -> Markup:
    """Plain number with three places."""
    return shown(format.money(value, places=3), reason)


def word(text: str | None) -> Markup:
    """Text of others, made harmless."""
    return escape(text or "")


def state(status: str, reason: str | None = None) -> Markup:
    """Status in words with its reason beside it."""
    told = Markup("<br><small>{}</small>").format(reason) if reason else Markup("")
    return Markup('<span class="state {0}">{0}</span>{1}').format(status, told)


def status(text: str, reason: str | None = None) -> Markup:
    """Status in one word; its reason stands below the table, and here for a mouse."""
    return Markup('<span class="state {0}" title="{1}">{0}</span>').format(text, reason or "")


def instrument(names: Mapping[str, str], instrument_id: str) -> Markup:
    """Name of an instrument with its identifier beside it."""
    name = names.get(instrument_id)
    if name is None or name == instrument_id:
        return escape(instrument_id)
    return Markup('{} <span class="code">{}</span>').format(name, instrument_id)


def bars(values: Sequence[Number | None], labels: Sequence[str]) -> list[Markup]:
    """Bars of a column, all with the same line of zero."""
    known = [float(value) for value in values if value is not None] or [0.0]
    return [
        Markup('<span class="inbar">{}</span>').format(
            bar(None if value is None else float(value), min(known), max(known), label)
        )
        for value, label in zip(values, labels, strict=True)
    ]
