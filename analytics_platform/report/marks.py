"""Parts of a chart as SVG: grids, axes, lines, bars, labels, tooltips. charts.py puts them together."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from markupsafe import Markup

from analytics_platform.report.format import Kind, compact, day, percent, tick_labels
from analytics_platform.report.scales import Scale, date_ticks

LEFT, RIGHT, TOP, BOTTOM = 46.0, 476.0, 12.0, 222.0
"""Edges of the plot within the 560 by 250 of a chart; the rest is for labels."""

_LABEL_GAP = 34.0
_DENSE_FROM = 400

Values = Sequence[float | None]


@dataclass(frozen=True)
class Series:
    """A line of a chart.

    Attributes
    ----------
    name : str
        Label at the end of the line.
    values : sequence of float or None
        One for each date; None interrupts the line.
    css_class : str
        ``main`` is solid and strong, ``second`` is dashed.
    """

    name: str
    values: Values
    css_class: str = "main"


def svg(label: str, parts: Iterable[Markup]) -> Markup:
    """Element that holds the parts of a chart; `label` is for those who do not see it."""
    head = Markup('<svg class="chart" role="img" aria-label="{}" viewBox="0 0 560 250">')
    return head.format(label) + Markup("").join(parts) + Markup("</svg>")


def no_data(label: str) -> Markup:
    """Chart without anything to show, which says so."""
    text = Markup('<text class="nodata" x="280" y="125" text-anchor="middle">no data</text>')
    return svg(f"{label}: no data", [text])


def number(value: float) -> str:
    """Coordinate with one place, the same on every machine."""
    text = f"{value:.1f}"
    return "0" if text == "-0.0" else text.removesuffix(".0")


def places_of(count: int, *, as_bars: bool) -> list[float]:
    """Places of sessions: from edge to edge for lines, in the middle of equal slots for bars."""
    if as_bars or count == 1:
        return [LEFT + (i + 0.5) * (RIGHT - LEFT) / count for i in range(count)]
    return [LEFT + i * (RIGHT - LEFT) / (count - 1) for i in range(count)]


def runs_of(values: Values) -> list[list[tuple[int, float]]]:
    """Values with their index, cut into runs without a gap.

    Examples
    --------
    >>> runs_of([1.0, 2.0, None, 3.0])
    [[(0, 1.0), (1, 2.0)], [(3, 3.0)]]
    """
    runs: list[list[tuple[int, float]]] = []
    for i, value in enumerate(values):
        if value is None:
            continue
        if runs and runs[-1][-1][0] == i - 1:
            runs[-1].append((i, value))
        else:
            runs.append([(i, value)])
    return runs


def polyline(places: Sequence[float], run: Sequence[tuple[int, float]], y: Scale) -> str:
    """Points of a run, for the data of a path."""
    return "L".join(f"{number(places[i])} {number(y.at(value))}" for i, value in run)


def path_of(places: Sequence[float], values: Values, y: Scale) -> str:
    """Draw the data of a path through the values, interrupted by gaps."""
    return "".join("M" + polyline(places, run, y) for run in runs_of(values))


def grid(ticks: Sequence[float], kind: Kind, y: Scale) -> Markup:
    """Horizontal lines with their labels; the line of zero is the strong one."""
    line = Markup(
        '<line class="{}" x1="{}" x2="{}" y1="{}" y2="{}"/>'
        '<text class="tick" x="{}" y="{}" text-anchor="end">{}</text>'
    )
    parts = []
    for tick, text in zip(ticks, tick_labels(ticks, kind), strict=True):
        css_class, at = "zero" if tick == 0 else "grid", y.at(tick)
        parts.append(
            line.format(
                css_class,
                number(LEFT),
                number(RIGHT),
                number(at),
                number(at),
                number(LEFT - 7),
                number(at + 4),
                text,
            )
        )
    return Markup("").join(parts)


def date_axis(dates: Sequence[date], places: Sequence[float]) -> Markup:
    """Axis of sessions: a short mark and a label where a period begins."""
    mark = Markup(
        '<line class="mark" x1="{0}" x2="{0}" y1="{1}" y2="{2}"/>'
        '<text class="tick" x="{0}" y="{3}" text-anchor="middle">{4}</text>'
    )
    return Markup("").join(
        mark.format(number(places[i]), number(BOTTOM), number(BOTTOM + 5), number(BOTTOM + 19), text)
        for i, text in date_ticks(dates)
    )


def area(places: Sequence[float], values: Values, y: Scale, base: float) -> Markup:
    """Area between the values and the height `base`."""
    pieces = [
        f"M{number(places[run[0][0]])} {number(base)}L{polyline(places, run, y)}"
        f"L{number(places[run[-1][0]])} {number(base)}Z"
        for run in runs_of(values)
    ]
    return Markup('<path class="area" d="{}"/>').format("".join(pieces))


def line(places: Sequence[float], series: Series, y: Scale) -> Markup:
    """Line of a series; a value between two gaps is a dot."""
    path = Markup('<path class="line {}" d="{}"/>')
    dot = Markup('<circle class="dot {}" cx="{}" cy="{}" r="3"/>')
    css_class = f"{series.css_class} dense" if len(series.values) > _DENSE_FROM else series.css_class
    parts = [path.format(css_class, path_of(places, series.values, y))]
    for run in runs_of(series.values):
        if len(run) == 1:
            i, value = run[0]
            parts.append(dot.format(series.css_class, number(places[i]), number(y.at(value))))
    return Markup("").join(parts)


def bars(places: Sequence[float], values: Values, y: Scale, width: float, css_class: str) -> Markup:
    """Vertical bars from zero, as one path."""
    pieces = [
        f"M{number(places[i] - width / 2)} {number(y.at(0.0))}V{number(y.at(value))}"
        f"h{number(width)}V{number(y.at(0.0))}Z"
        for i, value in enumerate(values)
        if value is not None
    ]
    return Markup('<path class="{}" d="{}"/>').format(css_class, "".join(pieces)) if pieces else Markup("")


def steps(places: Sequence[float], values: Values, y: Scale, half: float) -> Markup:
    """Line that holds each value over the whole slot of its session."""
    pieces = []
    for run in runs_of(values):
        first = number(places[run[0][0]] - half)
        treads = "".join(f"V{number(y.at(value))}H{number(places[i] + half)}" for i, value in run)
        pieces.append(f"M{first} {number(y.at(run[0][1]))}{treads}")
    return Markup('<path class="line limit" d="{}"/>').format("".join(pieces))


def diamonds(places: Sequence[float], values: Values, y: Scale) -> Markup:
    """Mark below the value of each session that has one."""
    mark = Markup('<path class="exception" d="M{} {}l5 6l-5 6l-5 -6Z"/>')
    return Markup("").join(
        mark.format(number(places[i]), number(min(y.at(value) + 3, BOTTOM - 10)))
        for i, value in enumerate(values)
        if value is not None
    )


def written(value: float | None, kind: Kind) -> str:
    """Value for a label or a tooltip."""
    return compact(value) if kind == "money" else percent(value, signed=kind == "percent")


def end_labels(series: Sequence[Series], y: Scale, kind: Kind) -> Markup:
    """Name and last value at the end of each line, moved apart where they would touch."""
    text = Markup(
        '<text class="name {0}" x="{1}" y="{2}">{3}</text><text class="last {0}" x="{1}" y="{4}">{5}</text>'
    )
    ends = sorted(
        ((y.at(last), line_, last) for line_ in series for last in _last(line_.values)),
        key=lambda end: end[0],
    )
    parts, lowest = [], TOP - _LABEL_GAP
    room = (len(ends) - 1) * _LABEL_GAP
    for at, line_, last in ends:
        lowest = max(min(at, BOTTOM - 8 - room), lowest + _LABEL_GAP)
        room -= _LABEL_GAP
        x, value = number(RIGHT + 8), written(last, kind)
        parts.append(text.format(line_.css_class, x, number(lowest), line_.name, number(lowest + 15), value))
    return Markup("").join(parts)


def _last(values: Values) -> list[float]:
    return [value for value in values if value is not None][-1:]


def tooltips(dates: Sequence[date], places: Sequence[float], series: Sequence[Series], kind: Kind) -> Markup:
    """Invisible strips that tell date and values where the mouse rests; none if the sessions are too many."""
    if len(dates) > _DENSE_FROM:
        return Markup("")
    width = (RIGHT - LEFT) / max(len(dates) - 1, 1)
    strip = Markup('<rect class="hit" x="{}" y="12" width="{}" height="210"><title>{}</title></rect>')
    parts = []
    for i, session in enumerate(dates):
        told = "; ".join(f"{each.name} {written(each.values[i], kind)}" for each in series)
        start = number(places[i] - width / 2)
        parts.append(strip.format(start, number(width), f"{day(session)}: {told}"))
    return Markup("").join(parts)
