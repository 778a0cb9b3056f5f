"""The page of the backtest: losses against the value at risk of the session before, at all confidences."""

from collections.abc import Sequence

from markupsafe import Markup

from analytics_platform.report import charts
from analytics_platform.report import check_rows as checks
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, gain, money, number, rate, status, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import DASH, day, percent
from analytics_platform.report.panels import Panel
from analytics_platform.report.tree import anchor, tree

DAYS = 250
CHOSEN = (0.99, 0.95)
"""Confidences that have a chart."""

_NO_DAYS = "Nothing to show: no session could be compared yet."
_NO_ZONE = "The traffic light is defined at 99% only"


def backtest_panels(data: ReportData) -> list[Panel]:
    """Backtest of each portfolio: its tests, its charts, its exceptions."""
    return [_backtest(data, row.portfolio_id, row.title) for row in tree(data)]


def _backtest(data: ReportData, portfolio_id: str, title: str) -> Panel:
    tests = analysis(data, "var_backtests", checks.BacktestRow, portfolio_id)
    days = analysis(data, "var_backtest_days", checks.BacktestDayRow, portfolio_id, history=True)
    shown = [(_caption(tests, confidence), _chart(days, confidence, title)) for confidence in CHOSEN]
    return Panel(anchor(portfolio_id), title, [_tests(data, tests), _exceptions(data, days)], shown)


def _tests(data: ReportData, tests: Sequence[checks.BacktestRow]) -> Grid:
    lines = [
        [
            rate(r.confidence),
            word(str(r.n_days)),
            word(str(r.n_exceptions)),
            number(r.expected_exceptions),
            *(number(v, r.reason) for v in (r.kupiec_p_value, r.independence_p_value, r.coverage_p_value)),
            _zone(r),
            status(r.status, r.reason),
        ]
        for r in tests
    ]
    head = ("Confidence", "Days", "Exceptions", "Expected", "Kupiec p", "Independence p", "Coverage p")
    note = (
        "a p-value under 0.05 says that the number of exceptions (Kupiec), their coming in a row "
        "(independence) or both (coverage) fit the confidence badly; the zone is Basel's traffic light at 99%"
    )
    told = [Told(f"Backtest at {percent(r.confidence, places=1)}", r.status, r.reason) for r in tests]
    absent = absence(data, "var_backtests", _NO_DAYS)
    return Grid("Tests", note, (*head, "Zone", "Status"), lines, told, is_wide=True, absent=absent)


def _zone(row: checks.BacktestRow) -> Markup:
    if row.zone is None:
        return Markup('<abbr class="none" title="{}">{}</abbr>').format(row.reason or _NO_ZONE, DASH)
    return Markup('<span class="state zone-{0}">{0}</span>').format(row.zone)


def _of(days: Sequence[checks.BacktestDayRow], confidence: float) -> list[checks.BacktestDayRow]:
    return [row for row in days if round(row.confidence, 4) == round(confidence, 4)][-DAYS:]


def _caption(tests: Sequence[checks.BacktestRow], confidence: float) -> str:
    own = [row for row in tests if round(row.confidence, 4) == confidence]
    told = f": {own[0].n_exceptions} exceptions in {own[0].n_days} days" if own else ""
    return f"P&L against VaR {percent(confidence, places=0).rstrip('%')}{told}"


def _chart(days: Sequence[checks.BacktestDayRow], confidence: float, title: str) -> Markup:
    own = _of(days, confidence)
    name = f"VaR {percent(confidence, places=0).rstrip('%')}"
    return charts.pnl_chart(
        [r.business_date for r in own],
        [r.hypothetical_pnl for r in own],
        [r.value_at_risk for r in own],
        label=f"Hypothetical P&L of {title} against {name} of the session before",
        name=name,
    )


def _exceptions(data: ReportData, days: Sequence[checks.BacktestDayRow]) -> Grid:
    confidences = sorted({row.confidence for row in days})
    found = [row for confidence in confidences for row in _of(days, confidence) if row.is_exception]
    found.sort(key=lambda row: (-row.business_date.toordinal(), row.confidence))
    lines = [
        [
            word(day(r.business_date)),
            rate(r.confidence),
            money(r.value_at_risk, r.reason),
            gain(r.hypothetical_pnl, r.reason),
            gain(r.actual_pnl, r.reason),
        ]
        for r in found
    ]
    gaps = [Told(day(row.business_date), row.status, row.reason) for row in days if row.status == "missing"]
    warned = [row for row in days if row.status == "warning"]
    if warned:
        newest = max(warned, key=lambda row: row.business_date)
        count = len({row.business_date for row in warned})
        gaps.append(Told(f"{count} sessions; the newest reason is told", "warning", newest.reason))
    return Grid(
        "Exceptions",
        "hypothetical P&L is of the unchanged holdings of the session before; actual has trades and income",
        ("Session", "Confidence", "VaR", "Hypothetical P&L", "Actual P&L"),
        lines,
        gaps,
        is_wide=True,
        absent=absence(data, "var_backtest_days", "No exception: no loss was larger than the value at risk."),
    )
