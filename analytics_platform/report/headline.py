"""The first screen of a portfolio's page: value, gains to date, risk against its limits."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analytics_platform.report import limit_tables
from analytics_platform.report.cells import change, gain, money, rate, state, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.limit_tables import LimitCount
from analytics_platform.report.returns import PERIODS, period_rows
from analytics_platform.report.views import PortfolioView

_NO_MEASURE = "no value at risk on this session"


@dataclass(frozen=True)
class Tile:
    """One figure with what stands below it."""

    name: str
    value: Markup
    lines: Sequence[Markup]


def tiles(data: ReportData, view: PortfolioView, count: LimitCount) -> list[Tile]:
    """Figures in the order that they are read: value, gains, risk, limits."""
    risk = view.risk
    stress = Tile(
        "Largest stress loss",
        gain(risk.worst_stress_pnl_base, risk.reason),
        [word(risk.worst_stress_name)],
    )
    return [
        Tile("Net asset value", money(risk.nav_base, risk.reason), [word(risk.base_currency)]),
        *_gains(data, view),
        _tail(data, view, "VaR 99, 1 day", "value_at_risk", 0.99),
        _tail(data, view, "ES 97.5, 1 day", "expected_shortfall", 0.975),
        _limits(count),
        stress,
    ]


def _gains(data: ReportData, view: PortfolioView) -> list[Tile]:
    """Return over each period; of older versions, what their returns tell."""
    found = period_rows(data, view.risk.portfolio_id)
    if not found:
        reason = view.risk.reason
        return [
            _gain(p.name, change(p.return_rate, reason), gain(p.pnl_base, p.reason), p.benchmark_rate)
            for p in view.periods
        ]
    return [
        _gain(
            PERIODS.get(r.period, r.period),
            change(r.return_rate, r.reason),
            gain(r.pnl_base, r.reason),
            r.benchmark_return_rate,
        )
        for r in found
    ]


def _gain(name: str, return_: Markup, pnl: Markup, benchmark_rate: float | None) -> Tile:
    benchmark = [] if benchmark_rate is None else [word("benchmark ") + change(benchmark_rate)]
    return Tile(name, return_, [pnl, *benchmark])


def _tail(data: ReportData, view: PortfolioView, name: str, metric: str, confidence: float) -> Tile:
    measure = next(each for each in view.measures if each.confidence == confidence)
    value = measure.var_base if metric == "value_at_risk" else measure.es_base
    nav = view.risk.nav_base
    lines = [rate(value / nav, None, 2) + word(" of NAV")] if value is not None and nav else []
    limit = limit_tables.limit_on(data, view.risk.portfolio_id, metric, confidence)
    if limit is not None:
        bound = limit.upper if limit.upper is not None else limit.lower
        lines.append(word("limit ") + rate(bound, "no bound", 2) + word(" ") + state(limit.state))
    elif limit_tables.TABLE in data.analyses:
        lines.append(word("no limit set"))
    return Tile(name, money(value, measure.reason or _NO_MEASURE), lines)


def _limits(count: LimitCount) -> Tile:
    value = Markup('<span class="state {}">{}</span>').format(count.worst, count.headline)
    return Tile("Limits", value, [word(line) for line in count.others])
