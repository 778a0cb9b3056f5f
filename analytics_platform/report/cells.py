"""Cells of tables: a number as readers see it, with the reason where it is missing."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup, escape

from analytics_platform.report import format  # noqa: A004 - the module that formats
from analytics_platform.report.format import DASH, MINUS, Number
from analytics_platform.report.notes import NO_REASON


@dataclass(frozen=True)
class Grid:
    """A table of cells; the first column names the line."""

    title: str
    note: str
    head: Sequence[str]
    lines: Sequence[Sequence[Markup]]


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
