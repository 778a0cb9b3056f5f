"""Parts of a portfolio's page in the order of their readers: manager, risk analyst, then the details."""

from collections.abc import Sequence
from dataclasses import dataclass

from analytics_platform.report import (
    holdings,
    limit_tables,
    pnl_explain,
    returns,
    risk_tables,
    sensitivities,
    track_record,
)
from analytics_platform.report.cells import Grid
from analytics_platform.report.data import ReportData, RiskRow
from analytics_platform.report.notes import Note, merged
from analytics_platform.report.views import PortfolioView


@dataclass(frozen=True)
class Section:
    """A heading with its tables.

    Attributes
    ----------
    anchor, title, note : str
        Place on the page, heading, and what stands beside it.
    grids : sequence of Grid
        Tables.
    template : str
        Template of what stands before the tables; empty for none.
    """

    anchor: str
    title: str
    note: str
    grids: Sequence[Grid] = ()
    template: str = ""


def sections(data: ReportData, view: PortfolioView, leaves: Sequence[RiskRow]) -> list[Section]:
    """Put together all that explains the results of a portfolio.

    Parameters
    ----------
    data : ReportData
        All frames.
    view : PortfolioView
        The portfolio.
    leaves : sequence of RiskRow
        The portfolio and all that is below it.
    """
    risk, key = view.risk, view.risk.portfolio_id
    ccy = risk.base_currency
    positions = view.positions.positions
    scenarios = view.n_scenarios or "no"
    days = f"{view.horizon_days} day{'s' if view.horizon_days != 1 else ''}"
    found = [
        Section("returns", "Returns", ccy, returns.returns(data, key), "performance.html.j2"),
        Section(
            "contributors",
            "Contributors and detractors",
            ccy,
            returns.contributors(data, key),
            "movers.html.j2",
        ),
        Section(
            "attribution", "Attribution by sector", "against the benchmark", returns.attribution(data, key)
        ),
        Section(
            "exposures",
            "Exposures",
            f"{ccy}; weight is net over NAV",
            holdings.delta_exposures(data, key),
            "exposures.html.j2",
        ),
        Section(
            "risk",
            "Value at risk and expected shortfall",
            f"historical simulation, {scenarios} scenarios, horizon {days}; a loss is positive",
            template="risk.html.j2",
        ),
        Section("methods", "Methods", ccy, [risk_tables.methods(data, key)]),
        Section("changes", "What changed the risk", ccy, [risk_tables.changes(data, key)]),
        Section("contributions", "Risk contributions", ccy, risk_tables.contributions(data, key)),
        Section(
            "stress", "Stress tests", f"{ccy}, full revaluation, the worst first", template="stress.html.j2"
        ),
        Section("limits", "Limits", "", [limit_tables.limits(data, key)]),
        Section("cash-flows", "Coming cash flows", ccy, [holdings.cash_flows(data, key)]),
        Section("liquidity", "Liquidity", "", [holdings.liquidity(data, key)]),
        Section(
            "sensitivities",
            "Sensitivities",
            "",
            [sensitivities.key_rates(data, risk, positions), sensitivities.of_instruments(data, positions)],
        ),
        Section("statistics", "Performance statistics", "", [track_record.statistics(data, key)]),
        Section("betas", "Factor betas", "", [track_record.betas(data, key)]),
        Section("explain", "P&L explain", ccy, [pnl_explain.explain(data, risk, leaves)]),
        Section(
            "positions",
            "Positions",
            f"quantity and price in the currency of the instrument, the rest in {ccy}",
            template="positions.html.j2",
        ),
    ]
    if view.children:
        found.append(
            Section("below", "Portfolios below", "each in its own base currency", template="children.html.j2")
        )
    return found


def notes(view: PortfolioView, found: Sequence[Section]) -> list[Note]:
    """Everything on the page that is missing or has a remark, each reason told once, the missing first."""
    told = list(view.told)
    told += [(t.subject, t.status, t.reason) for part in found for grid in part.grids for t in grid.told]
    return merged(told)
