"""Small charts as inline SVG: no script, nothing from outside, legible in black and white. No results."""

from collections.abc import Sequence
from datetime import date

from markupsafe import Markup

from analytics_platform.report import marks
from analytics_platform.report.format import Kind
from analytics_platform.report.marks import Series, Values
from analytics_platform.report.scales import Scale, nice_ticks

_SHARE_OF_SLOT = 0.66


def line_chart(dates: Sequence[date], series: Sequence[Series], *, label: str, kind: Kind) -> Markup:
    """Lines over sessions, an area below the first of them.

    Parameters
    ----------
    dates : sequence of date
        Ascending sessions, equally spaced on the axis.
    series : sequence of Series
        Lines; one without any value is left out.
    label : str
        What the chart shows, for those who do not see it.
    kind : {"money", "percent", "share"}
        How values are written: an amount, a change with its sign, a share without. All but
        amounts include zero.

    Returns
    -------
    Markup
        An ``svg`` element; it says "no data" if there is none.
    """
    lines = [line for line in series if any(value is not None for value in line.values)]
    known = [value for line in lines for value in line.values if value is not None]
    if not known:
        return marks.no_data(label)
    known += [] if kind == "money" else [0.0]
    ticks = nice_ticks(min(known), max(known), target=4)
    y = Scale(ticks[0], ticks[-1], marks.BOTTOM, marks.TOP)
    places = marks.places_of(len(dates), as_bars=False)
    base = y.at(0.0) if ticks[0] <= 0.0 <= ticks[-1] else marks.BOTTOM
    parts = [marks.area(places, lines[0].values, y, base), marks.grid(ticks, kind, y)]
    parts += [marks.date_axis(dates, places), *(marks.line(places, line, y) for line in reversed(lines))]
    parts += [marks.end_labels(lines, y, kind), marks.tooltips(dates, places, lines, kind)]
    return marks.svg(label, parts)


def pnl_chart(
    dates: Sequence[date], pnl: Values, value_at_risk: Values, *, label: str, name: str = "VaR 99"
) -> Markup:
    """Bars of daily P&L over the VaR that held for the day, drawn as a loss; exceptions are marked.

    Parameters
    ----------
    dates : sequence of date
        Ascending sessions.
    pnl : sequence of float or None
        Gain (positive) or loss of each session.
    value_at_risk : sequence of float or None
        VaR that holds for each session, positive for a loss: the one of the session before.
    label : str
        What the chart shows, for those who do not see it.
    name : str
        Name of the measure.

    Returns
    -------
    Markup
        An ``svg`` element; it says "no data" if there is none.
    """
    limits = [None if value is None else -value for value in value_at_risk]
    known = [value for value in (*pnl, *limits) if value is not None]
    if not known:
        return marks.no_data(label)
    ticks = nice_ticks(min(0.0, *known), max(0.0, *known), target=4)
    y = Scale(ticks[0], ticks[-1], marks.BOTTOM, marks.TOP)
    places = marks.places_of(len(dates), as_bars=True)
    slot = (marks.RIGHT - marks.LEFT) / len(dates)
    beyond = [
        value if is_exception(value, var) else None for value, var in zip(pnl, value_at_risk, strict=True)
    ]
    gains = [value if value is not None and value >= 0 else None for value in pnl]
    losses = [value if value is not None and value < 0 else None for value in pnl]
    width = slot * _SHARE_OF_SLOT
    told = [Series("Day P&L", pnl), Series(f"{name} of the session before", value_at_risk)]
    parts = [marks.grid(ticks, "money", y), marks.date_axis(dates, places)]
    parts += [marks.bars(places, gains, y, width, "gain"), marks.bars(places, losses, y, width, "loss")]
    parts += [marks.steps(places, limits, y, slot / 2), marks.diamonds(places, beyond, y)]
    parts += [marks.end_labels([Series(name, limits, "limit")], y, "money")]
    return marks.svg(label, [*parts, marks.tooltips(dates, places, told, "money")])


def is_exception(pnl: float | None, value_at_risk: float | None) -> bool:
    """Whether a loss went beyond the VaR that held for the day.

    Examples
    --------
    >>> is_exception(-120.0, 100.0), is_exception(-80.0, 100.0), is_exception(None, 100.0)
    (True, False, False)
    """
    return pnl is not None and value_at_risk is not None and pnl < -value_at_risk


def bar(value: float | None, low: float, high: float, label: str) -> Markup:
    """Horizontal bar for a cell of a table; bars with the same `low` and `high` share the line of zero."""
    low, high = min(low, 0.0), max(high, 0.0)
    x = Scale(low, high if high > low else low + 1.0, 0.0, 100.0)
    zero, shape = x.at(0.0), Markup("")
    if value is not None:
        start, end = sorted((zero, x.at(value)))
        rect = Markup('<rect class="{}" x="{}" y="1" width="{}" height="8"/>')
        width = marks.number(max(end - start, 0.3))
        shape = rect.format("down" if value < 0 else "up", marks.number(start), width)
    frame = Markup(
        '<svg class="bar" role="img" aria-label="{0}" viewBox="0 0 100 10" preserveAspectRatio="none">'
        '<title>{0}</title>{1}<line class="zero" x1="{2}" x2="{2}" y1="0" y2="10"/></svg>'
    )
    return frame.format(label, shape, marks.number(zero))


def sparkline(values: Values, label: str) -> Markup:
    """Line of a word's size for a cell of a table; nothing without two values."""
    known = [(i, value) for i, value in enumerate(values) if value is not None]
    if len(known) < 2:  # noqa: PLR2004 - a line has two ends
        return Markup("")
    low, high = min(value for _, value in known), max(value for _, value in known)
    y = Scale(low, high if high > low else low + 1.0, 18.0, 2.0)
    x = Scale(0.0, float(len(values) - 1), 2.0, 84.0)
    places = [x.at(float(i)) for i in range(len(values))]
    last, end = known[-1]
    frame = Markup(
        '<svg class="spark" role="img" aria-label="{0}" viewBox="0 0 88 20"><title>{0}</title>'
        '<path class="line main" d="{1}"/><circle class="dot main" cx="{2}" cy="{3}" r="2"/></svg>'
    )
    path = marks.path_of(places, values, y)
    return frame.format(label, path, marks.number(places[last]), marks.number(y.at(end)))
