"""Tables of what a portfolio holds and of how its returns behaved."""

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analysis_rows import analysis
from analytics_platform.report.cells import Grid, change, money, number, rate, state, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import words

_PLAIN = {"beta", "sharpe_ratio", "sortino_ratio", "calmar_ratio", "information_ratio"} | {
    "skewness",
    "excess_kurtosis",
}


def holdings(data: ReportData, key: str) -> list[Grid]:
    """Return delta exposures, coming cash flows, liquidity and sensitivities."""
    deltas = [
        [
            word(f"{words(r.dimension)}: {words(r.bucket)}"),
            money(r.gross_base, r.reason),
            money(r.net_base, r.reason),
            rate(r.weight_rate, r.reason),
            state(r.status, r.reason),
        ]
        for r in analysis(data, "delta_exposures", kinds.DeltaRow, key)
    ]
    ladder = analysis(data, "cash_flow_ladder", kinds.LadderRow, key)
    ladder.sort(key=lambda r: (r.bucket_order, r.currency, r.kind))
    flows = [
        [
            word(f"{r.bucket}, {r.kind}, {r.currency}"),
            money(r.amount_local, r.reason),
            money(r.amount_base, r.reason),
            state(r.status, r.reason),
        ]
        for r in ladder
    ]
    liquid = [
        [
            word(r.instrument_id),
            money(r.quantity, r.reason),
            money(r.average_daily_volume, r.reason),
            number(r.days_to_liquidate, r.reason),
            state(r.status, r.reason),
        ]
        for r in analysis(data, "liquidity", kinds.LiquidityRow, key)
    ]
    held = set(data.positions.filter(portfolio_id=key, business_date=data.session)["instrument_id"])
    valued = [
        r
        for r in analysis(data, "instrument_valuations", kinds.ValuationRow)
        if r.instrument_id in held and (r.dv01_local is not None or r.delta is not None or r.status != "ok")
    ]
    sensitive = [
        [
            word(r.instrument_id),
            rate(r.yield_rate, r.reason, 2),
            number(r.modified_duration_years, r.reason),
            number(r.dv01_local, r.reason),
            number(r.delta, r.reason),
            rate(r.implied_volatility, r.reason),
            state(r.status, r.reason),
        ]
        for r in valued
    ]
    return [
        Grid("Delta exposures", "", ("Bucket", "Gross", "Net", "Weight", "Status"), deltas),
        Grid("Coming cash flows", "", ("When and what", "Local", "Base", "Status"), flows),
        Grid("Liquidity", "", ("Instrument", "Quantity", "Average daily volume", "Days", "Status"), liquid),
        Grid(
            "Sensitivities",
            "DV01 per 100 face; delta per 1.00 of the underlying",
            ("Instrument", "Yield", "Duration", "DV01", "Delta", "Implied volatility", "Status"),
            sensitive,
        ),
    ]


def statistics(data: ReportData, key: str) -> list[Grid]:
    """Return performance statistics by window, and factor betas."""
    lines = [
        [
            word(f"{words(r.statistic)}, {words(r.lookback).lower()}"),
            number(r.value, r.reason) if r.statistic in _PLAIN else change(r.value, r.reason),
            word(str(r.n_returns)),
            state(r.status, r.reason),
        ]
        for r in analysis(data, "performance_statistics", kinds.StatisticRow, key)
    ]
    betas = [
        [
            word(r.factor_id),
            number(r.beta, r.reason),
            number(r.standard_error, r.reason),
            number(r.t_statistic, r.reason),
            rate(r.r_squared, r.reason),
            state(r.status, r.reason),
        ]
        for r in analysis(data, "factor_betas", kinds.BetaRow, key)
    ]
    return [
        Grid("Statistics", "", ("Statistic and window", "Value", "Returns", "Status"), lines),
        Grid("Factor betas", "", ("Factor", "Beta", "Standard error", "t", "R squared", "Status"), betas),
    ]
