"""Limits of a portfolio: their use, how many are broken, and the risk over time against them."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report import charts
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, rate, status, word
from analytics_platform.report.data import ReportData, RiskRow
from analytics_platform.report.format import percent, words
from analytics_platform.report.marks import Series

TABLE = "limit_utilisation"
STATES = ("breach", "warning", "missing", "within")
"""The worst first."""

SESSIONS = 250
_TAILS = (("value_at_risk", 0.99, "VaR 99", "main"), ("expected_shortfall", 0.975, "ES 97.5", "second"))


@dataclass(frozen=True)
class LimitCount:
    """Limits of a portfolio by state, and of all below it that are broken."""

    is_computed: bool
    states: Counter[str]
    breaches_below: int

    @property
    def headline(self) -> str:
        """The worst state with its number."""
        worst = next((name for name in STATES if self.states[name]), None)
        if not self.is_computed:
            return "not computed"
        return "none set" if worst is None else f"{self.states[worst]} {_in_words(worst)}"

    @property
    def worst(self) -> str:
        """The worst state; ``within`` where there is no limit."""
        return next((name for name in STATES if self.states[name]), "within")

    @property
    def others(self) -> list[str]:
        """The other states with their numbers, and what is broken below."""
        told = [f"{self.states[s]} {_in_words(s)}" for s in STATES if self.states[s]][1:]
        below = f"{self.breaches_below} in breach below" if self.breaches_below else ""
        return [*told, *([below] if below else [])]


def _in_words(name: str) -> str:
    return name if name in {"within", "missing"} else f"in {name}"


def counted(data: ReportData, key: str, below: Sequence[str]) -> LimitCount:
    """Count the limits of a portfolio by state, and the breaches of the portfolios below it."""
    found = analysis(data, TABLE, kinds.LimitRow)
    return LimitCount(
        TABLE in data.analyses,
        Counter(row.state for row in found if row.portfolio_id == key),
        sum(row.portfolio_id in set(below) and row.state == "breach" for row in found),
    )


def limit_on(data: ReportData, key: str, metric: str, confidence: float) -> kinds.LimitRow | None:
    """Tightest limit on a tail measure of a portfolio; None where there is none."""
    found = [
        row
        for row in analysis(data, TABLE, kinds.LimitRow, key)
        if row.metric == f"{metric}_rate" and _is(row, confidence)
    ]
    return max(found, key=lambda row: row.utilisation_rate or 0.0, default=None)


def _is(row: kinds.LimitRow, confidence: float) -> bool:
    return row.confidence is not None and abs(float(row.confidence) - confidence) < 1e-9  # noqa: PLR2004 - rounding of a decimal


def limits(data: ReportData, key: str) -> Grid:
    """Limits with their state in words, the most used first."""
    found = analysis(data, TABLE, kinds.LimitRow, key)
    order = sorted(
        found,
        key=lambda row: (
            STATES.index(row.state) if row.state in STATES else 0,
            -(row.utilisation_rate or 0.0),
            row.limit_id,
        ),
    )
    lines = [
        [
            word(f"{row.limit_id}: {_limited(row)}"),
            rate(row.value_rate, row.reason, 2),
            rate(row.lower, "no lower limit", 2),
            rate(row.upper, "no upper limit", 2),
            _used(row),
            status(row.state, row.reason),
            word("" if row.n_sessions_in_state is None else str(row.n_sessions_in_state)),
        ]
        for row in order
    ]
    head = ("Limit", "Value", "Lower", "Upper", "Used", "State", "Sessions in it")
    note = "shares of net asset value; the worst state first"
    # What is broken stands in the table; the notes take what could not be computed, or holds with a remark.
    told = [Told(f"Value held against {row.limit_id}", _status(row), row.reason) for row in found]
    absent = absence(data, TABLE, "Nothing to show: no limit is set on this portfolio.")
    return Grid("Limit utilisation", note, head, lines, told, is_wide=True, absent=absent)


def _status(row: kinds.LimitRow) -> str:
    return "missing" if row.state == "missing" else "warning" if row.reason else "ok"


def _limited(row: kinds.LimitRow) -> str:
    tail = "" if row.confidence is None else f" {percent(float(row.confidence), places=1)}"
    place = "" if row.dimension is None else f", {words(row.dimension).lower()} {row.bucket or '(largest)'}"
    return words(row.metric.removesuffix("_rate")) + tail + place


def _used(row: kinds.LimitRow) -> Markup:
    text = rate(row.utilisation_rate, row.reason)
    if row.utilisation_rate is None:
        return text
    width = f"{min(max(row.utilisation_rate, 0.0), 1.0) * 100:.0f}"
    return text + Markup('<span class="used"><span class="{}" style="width:{}%"></span></span>').format(
        row.state, width
    )


def history_chart(data: ReportData, risk: RiskRow) -> Markup:
    """VaR 99 and ES 97.5 as shares of net asset value over the sessions, with their limits."""
    own = data.portfolio_risk.filter(portfolio_id=risk.portfolio_id).sort("business_date")
    days = [day for day in own["business_date"].to_list() if day <= risk.business_date][-SESSIONS:]
    amounts = {row["business_date"]: row for row in own.iter_rows(named=True)}
    used = [
        row
        for row in analysis(data, TABLE, kinds.LimitRow, risk.portfolio_id, history=True)
        if row.upper is not None
    ]
    series = []
    for metric, confidence, name, css_class in _TAILS:
        column = "var_99_base" if metric == "value_at_risk" else "es_975_base"
        pairs = [(amounts[day][column], amounts[day]["nav_base"]) for day in days]
        values = [None if value is None or not nav else float(value) / float(nav) for value, nav in pairs]
        series.append(Series(name, values, css_class))
        bounds = {
            row.business_date: row.upper
            for row in used
            if row.metric == f"{metric}_rate" and _is(row, confidence)
        }
        if bounds:
            series.append(Series(f"{name} limit", [bounds.get(day) for day in days], "limit"))
    label = f"VaR 99 and ES 97.5 of {risk.title} as shares of net asset value, against their limits"
    return charts.line_chart(days, series, label=label, kind="share")
