"""Tables of how the returns of a portfolio behaved: statistics by window, and betas to factors."""

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, change, number, rate, status, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import words

_PLAIN = {"beta", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "information_ratio"} | {
    "skewness",
    "excess_kurtosis",
    "treynor_ratio",
}
_UNSIGNED = {"volatility", "downside_deviation", "tracking_error"}
_WINDOWS = ("year_to_date", "one_year", "inception")


def statistics(data: ReportData, key: str) -> Grid:
    """Statistics, a line each, with a column for every window."""
    found = analysis(data, "performance_statistics", kinds.StatisticRow, key)
    cells = {(r.statistic, r.lookback): r for r in found}
    names = list(dict.fromkeys(r.statistic for r in found))
    windows = [w for w in _WINDOWS if any(r.lookback == w for r in found)]
    windows += sorted({r.lookback for r in found} - set(windows))
    lines = []
    for name in names:
        line = [word(words(name))]
        for window in windows:
            row = cells.get((name, window))
            if row is None:
                line.append(number(None, "not computed over this window"))
            elif name in _PLAIN:
                line.append(number(row.value, row.reason))
            elif name in _UNSIGNED:
                line.append(rate(row.value, row.reason))
            else:
                line.append(change(row.value, row.reason))
        lines.append(line)
    counts = [max(r.n_returns for r in found if r.lookback == window) for window in windows]
    lines += [[word("Daily returns"), *(word(str(count)) for count in counts)]] if counts else []
    told = [Told(f"{words(r.statistic)}, {words(r.lookback).lower()}", r.status, r.reason) for r in found]
    return Grid(
        "Statistics",
        "of daily time-weighted returns; ratios are a year's",
        ("Statistic", *(words(window) for window in windows)),
        lines,
        told,
        absent=absence(data, "performance_statistics"),
    )


def betas(data: ReportData, key: str) -> Grid:
    """Coefficients of the daily returns on all factors at once."""
    found = analysis(data, "factor_betas", kinds.BetaRow, key)
    lines = [
        [
            word(r.factor_id),
            number(r.beta, r.reason),
            number(r.standard_error, r.reason),
            number(r.t_statistic, r.reason),
            rate(r.r_squared, r.reason),
            status(r.status, r.reason),
        ]
        for r in found
    ]
    return Grid(
        "Factor betas",
        "ordinary least squares on all factors at once; R squared is that of the whole regression",
        ("Factor", "Beta", "Standard error", "t", "R squared", "Status"),
        lines,
        [Told(f"Beta to {r.factor_id}", r.status, r.reason) for r in found],
        absent=absence(data, "factor_betas", "Nothing to show: no factor is set for this portfolio."),
    )
