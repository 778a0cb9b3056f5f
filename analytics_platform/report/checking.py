"""The page of data quality and the page of the backtest."""

from collections import Counter
from dataclasses import dataclass

from markupsafe import Markup

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report import charts
from analytics_platform.report.analysis_rows import analysis
from analytics_platform.report.cells import Grid, gain, money, number, rate, state, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import day, words
from analytics_platform.report.tree import tree


@dataclass(frozen=True)
class Panel:
    """Tables of one portfolio or topic, with a chart where there is one."""

    title: str
    chart: Markup | None
    grids: list[Grid]


def quality_panels(data: ReportData) -> list[Panel]:
    """Sum up the findings of the session by check with their trend, then list them."""
    known = "data_quality_findings" in data.analyses
    found = analysis(data, "data_quality_findings", kinds.FindingRow, history=True)
    today = [row for row in found if row.business_date == data.session]
    sessions = sorted(set(data.returns["business_date"].to_list()))[-60:]
    counts = Counter((row.check_name, row.severity, row.business_date) for row in found)
    lines = [
        [
            word(words(name)),
            state(severity),
            money(counts[name, severity, data.session] if data.session else None),
            charts.sparkline(
                [float(counts[name, severity, d]) for d in sessions], f"{words(name)}: findings by session"
            ),
        ]
        for name, severity in sorted({(row.check_name, row.severity) for row in found})
    ]
    details = [
        [
            word(words(row.check_name)),
            state(row.severity),
            word(row.portfolio_id),
            word(row.instrument_id),
            word(row.message),
        ]
        for row in sorted(today, key=lambda row: (row.severity, row.check_name, row.message or ""))
    ]
    note = "with the trend over the last 60 sessions" if known else "this version holds no findings table"
    return [
        Panel(
            "Findings by check",
            None,
            [Grid("By check", note, ("Check", "Severity", "Today", "Trend"), lines)],
        ),
        Panel(
            "Findings of the session",
            None,
            [
                Grid(
                    "All findings",
                    "deliver the missing or corrected rows; the platform computes again what depends on them",
                    ("Check", "Severity", "Portfolio", "Instrument", "What was found"),
                    details,
                )
            ],
        ),
    ]


def backtest_panels(data: ReportData) -> list[Panel]:
    """Backtest of each portfolio: its tests, its chart at 99 %, its exceptions."""
    return [_backtest(data, row.portfolio_id, row.title) for row in tree(data)]


def _backtest(data: ReportData, portfolio_id: str, title: str) -> Panel:
    tests = [
        [rate(r.confidence), word(str(r.n_days)), word(str(r.n_exceptions)), number(r.expected_exceptions)]
        + [number(v, r.reason) for v in (r.kupiec_p_value, r.independence_p_value, r.coverage_p_value)]
        + [word(r.zone or "no zone"), state(r.status, r.reason)]
        for r in analysis(data, "var_backtests", kinds.BacktestRow, portfolio_id)
    ]
    days = analysis(data, "var_backtest_days", kinds.BacktestDayRow, portfolio_id, history=True)
    at_99 = [r for r in days if abs(r.confidence - 0.99) < 1e-9][-250:]  # noqa: PLR2004 - the chart's confidence
    exceptions = [
        [
            word(day(r.business_date)),
            money(r.value_at_risk),
            gain(r.hypothetical_pnl),
            gain(r.actual_pnl, r.reason),
        ]
        for r in at_99
        if r.is_exception
    ]
    chart = charts.pnl_chart(
        [r.business_date for r in at_99],
        [r.hypothetical_pnl for r in at_99],
        [r.value_at_risk for r in at_99],
        label=f"Hypothetical P&L of {title} against VaR 99 of the session before",
    )
    head = (
        "Confidence",
        "Days",
        "Exceptions",
        "Expected",
        "Kupiec p",
        "Independence p",
        "Coverage p",
        "Zone",
        "Status",
    )
    return Panel(
        title,
        chart,
        [
            Grid("Tests", "", head, tests),
            Grid("Exceptions at 99%", "", ("Session", "VaR", "Hypothetical P&L", "Actual P&L"), exceptions),
        ],
    )
