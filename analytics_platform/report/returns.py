"""Tables of what a portfolio earned: by period, by source, by instrument and against its benchmark."""

from collections.abc import Sequence

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, bars, change, gain, instrument, status, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.figures import total
from analytics_platform.report.format import words

TOP = 10
PERIODS = {
    "day": "Day",
    "month": "Month to date",
    "quarter": "Quarter to date",
    "year": "Year to date",
    "inception": "Since inception",
}
NO_BENCHMARK = "no benchmark return"


def period_rows(data: ReportData, key: str) -> list[kinds.PeriodRow]:
    """Rows of a portfolio by period to date, the shortest first."""
    order = list(PERIODS)
    found = analysis(data, "period_returns", kinds.PeriodRow, key)
    return sorted(found, key=lambda r: order.index(r.period) if r.period in order else len(order))


def returns(data: ReportData, key: str) -> list[Grid]:
    """Return by period against the benchmark, and the P&L by what it came from."""
    found = period_rows(data, key)
    told = [Told(_named(r), r.status, r.reason) for r in found]
    returned = [
        [
            word(_named(r)),
            gain(r.pnl_base, r.reason),
            change(r.return_rate, r.reason),
            change(r.benchmark_return_rate, r.reason or NO_BENCHMARK),
            change(r.active_return_rate, r.reason or NO_BENCHMARK),
            change(r.modified_dietz_rate, r.reason),
            change(r.annualised_return_rate, "under a year is not annualised"),
            status(r.status, r.reason),
        ]
        for r in found
    ]
    split = [
        [word(_named(r))]
        + [
            gain(v, r.reason)
            for v in (r.price_pnl_base, r.fx_pnl_base, r.cross_pnl_base, r.income_base, r.trading_pnl_base)
        ]
        + [gain(r.pnl_base, r.reason)]
        for r in found
    ]
    head = ("Period", "P&L", "Return", "Benchmark", "Active", "Modified Dietz", "Annualised", "Status")
    parts = ("Period", "Price", "FX", "Cross", "Income", "Trading", "P&L")
    absent = absence(data, "period_returns")
    dietz = "time-weighted return; modified Dietz weighs flows by the days they were in"
    return [
        Grid("Returns", dietz, head, returned, told, is_wide=True, absent=absent),
        Grid(
            "P&L by source",
            "cross is the part of price and FX moving together; trading is against the close, less fees",
            parts,
            split,
            is_wide=True,
            absent=absent,
        ),
    ]


def _named(row: kinds.PeriodRow) -> str:
    return PERIODS.get(row.period, row.period)


def contributors(data: ReportData, key: str) -> list[Grid]:
    """Return what each instrument brought, over the day, the month and the year to date."""
    days: Sequence[kinds.ContributionRow] = analysis(data, "contributions", kinds.ContributionRow, key)
    longer = analysis(data, "period_contributions", kinds.PeriodContributionRow, key)
    absent = absence(data, "period_contributions")
    grids = [_contributors(data, "Day", days, absence(data, "contributions"))]
    for period in ("month", "quarter", "year"):
        own = [row for row in longer if row.period == period]
        grids.append(_contributors(data, PERIODS[period], own, absent))
    return grids


def _contributors(data: ReportData, title: str, found: Sequence[kinds.ContributionRow], absent: str) -> Grid:
    known = sorted(found, key=lambda r: (r.contribution_rate is not None, -abs(r.contribution_rate or 0.0)))
    chosen = sorted(known[:TOP], key=lambda r: -(r.contribution_rate or 0.0))
    drawn = bars([r.contribution_rate for r in chosen], [f"{r.instrument_id}: contribution" for r in chosen])
    lines = [
        [
            instrument(data.names, r.instrument_id),
            drawn[n],
            gain(r.pnl_base, r.reason),
            change(r.contribution_rate, r.reason),
        ]
        for n, r in enumerate(chosen)
    ]
    rest = known[TOP:]
    if rest:
        pnl, rate = total(r.pnl_base for r in rest), total(r.contribution_rate for r in rest)
        lines.append([word(f"{len(rest)} others"), word(""), gain(pnl), change(rate)])
    sums = [
        word("All"),
        word(""),
        gain(total(r.pnl_base for r in found), "a value in it is missing"),
        change(total(r.contribution_rate for r in found), "a value in it is missing"),
    ]
    return Grid(
        title,
        "the largest of either sign; daily contributions add up to the return",
        ("Instrument", "", "P&L", "Contribution"),
        lines,
        [Told(f"Contribution of {r.instrument_id}, {title.lower()}", r.status, r.reason) for r in found],
        sums if lines else (),
        absent=absent,
    )


def attribution(data: ReportData, key: str) -> list[Grid]:
    """Return why the portfolio did otherwise than its benchmark, by sector."""
    days: Sequence[kinds.AttributionRow] = analysis(data, "attribution", kinds.AttributionRow, key)
    longer = analysis(data, "period_attribution", kinds.PeriodAttributionRow, key)
    grids = [_attribution("Day", days, absence(data, "attribution", NO_ATTRIBUTION))]
    for period in ("month", "quarter", "year"):
        own = [row for row in longer if row.period == period]
        grids.append(_attribution(PERIODS[period], own, absence(data, "period_attribution", NO_ATTRIBUTION)))
    return grids


NO_ATTRIBUTION = "Nothing to show: the portfolio has no benchmark with sectors on this session."


def _attribution(title: str, found: Sequence[kinds.AttributionRow], absent: str) -> Grid:
    def active(r: kinds.AttributionRow) -> float | None:
        return total((r.allocation_rate, r.selection_rate, r.interaction_rate))

    lines = [
        [word(words(r.sector))]
        + [change(v, r.reason) for v in (r.allocation_rate, r.selection_rate, r.interaction_rate, active(r))]
        + [status(r.status, r.reason)]
        for r in found
    ]
    sums = [
        total(r.allocation_rate for r in found),
        total(r.selection_rate for r in found),
        total(r.interaction_rate for r in found),
        total(active(r) for r in found),
    ]
    return Grid(
        title,
        "Brinson-Fachler; over a period the days are linked by Carino",
        ("Sector", "Allocation", "Selection", "Interaction", "Active", "Status"),
        lines,
        [Told(f"Attribution to {words(r.sector)}, {title.lower()}", r.status, r.reason) for r in found],
        [word("All"), *(change(v, "a value in it is missing") for v in sums), word("")] if lines else (),
        absent=absent,
    )
