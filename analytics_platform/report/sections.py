"""Tables of a portfolio's page beyond its results, in the order of the page."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analysis_rows import analysis
from analytics_platform.report.cells import Grid, change, gain, money, number, rate, state, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import percent, words
from analytics_platform.report.holdings import holdings, statistics

TOP = 10
_PERIODS = {"day": "Day", "month": "Month to date", "quarter": "Quarter to date", "year": "Year to date"} | {
    "inception": "Since inception"
}


@dataclass(frozen=True)
class Section:
    """A heading with its tables."""

    anchor: str
    title: str
    grids: list[Grid]


def sections(data: ReportData, portfolio_id: str) -> list[Section]:
    """Put together what explains the results of a portfolio; a table without rows says so."""
    return [
        Section(
            "limits", "Limits", [limits(analysis(data, "limit_utilisation", kinds.LimitRow, portfolio_id))]
        ),
        Section("returns", "Returns, contributions and attribution", _returns(data, portfolio_id)),
        Section("measures", "Risk by method and what changed it", _risk(data, portfolio_id)),
        Section("holdings", "Delta exposures, cash flows and liquidity", holdings(data, portfolio_id)),
        Section("statistics", "Performance statistics and factor betas", statistics(data, portfolio_id)),
    ]


def limits(found: Sequence[kinds.LimitRow]) -> Grid:
    """Limits with their state in words, the most used first."""
    order = sorted(found, key=lambda row: (-(row.utilisation_rate or 0.0), row.limit_id))
    lines = [
        [
            word(f"{row.limit_id}: {_limited(row)}"),
            rate(row.value_rate, row.reason, 2),
            rate(row.lower, "no lower limit", 2),
            rate(row.upper, "no upper limit", 2),
            _used(row),
            state(row.state, row.reason),
            word("" if row.n_sessions_in_state is None else str(row.n_sessions_in_state)),
        ]
        for row in order
    ]
    head = ("Limit", "Value", "Lower", "Upper", "Used", "State", "Sessions in it")
    return Grid("Limit utilisation", "share of net asset value", head, lines)


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


def _returns(data: ReportData, key: str) -> list[Grid]:
    found = analysis(data, "period_returns", kinds.PeriodRow, key)
    names = list(_PERIODS)
    found.sort(key=lambda row: names.index(row.period) if row.period in names else len(names))
    returned = [
        [
            word(_PERIODS.get(r.period, r.period)),
            gain(r.pnl_base, r.reason),
            change(r.return_rate, r.reason),
            change(r.modified_dietz_rate, r.reason),
            change(r.benchmark_return_rate, r.reason or "no benchmark return"),
            change(r.active_return_rate, r.reason or "no benchmark return"),
            change(r.annualised_return_rate, "under a year is not annualised"),
            state(r.status, r.reason),
        ]
        for r in found
    ]
    split = [
        [word(_PERIODS.get(r.period, r.period))]
        + [
            gain(v, r.reason)
            for v in (r.price_pnl_base, r.fx_pnl_base, r.cross_pnl_base, r.income_base, r.trading_pnl_base)
        ]
        + [gain(r.pnl_base, r.reason)]
        for r in found
    ]
    head = ("Period", "P&L", "Time-weighted", "Modified Dietz", "Benchmark", "Active", "Annualised", "Status")
    parts = ("Period", "Price", "FX", "Cross", "Income", "Trading", "P&L")
    grids = [Grid("Returns", "", head, returned), Grid("P&L by source", "base currency", parts, split)]
    days = analysis(data, "contributions", kinds.ContributionRow, key)
    grids.append(_contributors("Contributors and detractors, day", days))
    longer = analysis(data, "period_contributions", kinds.PeriodContributionRow, key)
    for period in ("month", "year"):
        own = [row for row in longer if row.period == period]
        grids.append(_contributors(f"Contributors and detractors, {_PERIODS[period].lower()}", own))
    grids.append(
        _attribution("Attribution by sector, day", analysis(data, "attribution", kinds.AttributionRow, key))
    )
    spread = analysis(data, "period_attribution", kinds.PeriodAttributionRow, key)
    for period in ("month", "quarter", "year"):
        own_sectors = [row for row in spread if row.period == period]
        grids.append(_attribution(f"Attribution by sector, {_PERIODS[period].lower()}", own_sectors))
    return grids


def _contributors(title: str, found: Sequence[kinds.ContributionRow]) -> Grid:
    known = sorted(found, key=lambda r: (r.contribution_rate is not None, -abs(r.contribution_rate or 0.0)))
    chosen = sorted(known[:TOP], key=lambda r: -(r.contribution_rate or 0.0))
    lines = [
        [
            word(r.instrument_id),
            gain(r.pnl_base, r.reason),
            change(r.contribution_rate, r.reason),
            state(r.status, r.reason),
        ]
        for r in chosen
    ]
    return Grid(
        title, "missing ones first, then the largest", ("Instrument", "P&L", "Contribution", "Status"), lines
    )


def _attribution(title: str, found: Sequence[kinds.AttributionRow]) -> Grid:
    lines = [
        [word(words(r.sector))]
        + [change(v, r.reason) for v in (r.allocation_rate, r.selection_rate, r.interaction_rate)]
        + [state(r.status, r.reason)]
        for r in found
    ]
    return Grid(
        title, "Brinson-Fachler", ("Sector", "Allocation", "Selection", "Interaction", "Status"), lines
    )


def _risk(data: ReportData, key: str) -> list[Grid]:
    methods = [
        [
            word(f"{words(r.metric)} {percent(r.confidence, places=1)}, {words(r.method).lower()}"),
            money(r.value, r.reason),
            money(r.standard_error, "not simulated"),
            state(r.status, r.reason),
        ]
        for r in analysis(data, "risk_metrics", kinds.MethodRow, key)
    ]
    changes = [
        [word(f"{words(r.metric)} {percent(r.confidence, places=1)}")]
        + [money(r.previous_value, r.reason)]
        + [gain(v, r.reason) for v in (r.positions_effect, r.market_effect, r.window_effect)]
        + [money(r.value, r.reason), state(r.status, r.reason)]
        for r in analysis(data, "var_changes", kinds.VarChangeRow, key)
    ]
    of_var = [
        r
        for r in analysis(data, "risk_contributions", kinds.PartRow, key)
        if (r.metric, r.confidence) in {("value_at_risk", 0.99), ("expected_shortfall", 0.975)}
    ]
    of_var.sort(key=lambda r: (r.metric != "value_at_risk", -abs(r.contribution or 0.0), r.instrument_id))
    chosen = [
        r for m in ("value_at_risk", "expected_shortfall") for r in [x for x in of_var if x.metric == m][:TOP]
    ]
    parts = [
        [
            word(f"{r.instrument_id}, {words(r.metric).lower()} {percent(r.confidence, places=1)}"),
            money(r.contribution),
            rate(r.share_rate),
            number(r.marginal),
            money(r.incremental),
        ]
        for r in chosen
    ]
    explained = [
        [word(r.instrument_id), gain(r.pnl, r.reason)]
        + [
            gain(v, r.reason)
            for v in (r.delta_pnl, r.gamma_pnl, r.vega_pnl, r.theta_pnl, r.rho_pnl, r.fx_pnl)
        ]
        + [gain(v, r.reason) for v in (r.income_pnl, r.trading_pnl, r.unexplained_pnl)]
        + [state(r.status, r.reason)]
        for r in analysis(data, "pnl_explains", kinds.ExplainRow, key)
    ]
    return [
        Grid("By method", "a loss is positive", ("Measure", "Value", "Standard error", "Status"), methods),
        Grid(
            "What changed since the session before",
            "",
            ("Measure", "Before", "Positions", "Market", "Window", "Now", "Status"),
            changes,
        ),
        Grid(
            "Top risk contributors",
            "",
            ("Instrument", "Component", "Share", "Marginal", "Incremental"),
            parts,
        ),
        Grid(
            "P&L explain",
            "positions held in this portfolio itself",
            (
                "Instrument",
                "P&L",
                "Delta",
                "Gamma",
                "Vega",
                "Theta",
                "Rho",
                "FX",
                "Income",
                "Trading",
                "Unexplained",
                "Status",
            ),
            explained,
        ),
    ]
