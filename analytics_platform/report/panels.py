"""A part of the pages that are about all portfolios: tables of one topic, with charts where there are any."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analytics_platform.report.cells import Grid


@dataclass(frozen=True)
class Panel:
    """Tables of one portfolio or topic, with its charts and their captions."""

    anchor: str
    title: str
    grids: Sequence[Grid]
    charts: Sequence[tuple[str, Markup]] = ()
