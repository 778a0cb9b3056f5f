"""Sensitivities: of the portfolio to nodes of the curves, and of each bond and option it holds."""

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, bars, instrument, money, number, rate, status, word
from analytics_platform.report.data import PositionRow, ReportData, RiskRow
from analytics_platform.report.figures import total

POINT = 1e-4
"""A basis point."""


def of_instruments(data: ReportData, positions: list[PositionRow]) -> Grid:
    """Yield, duration, DV01 and delta of each bond and option that is held."""
    held = {row.instrument_id for row in positions}
    found = [
        r
        for r in analysis(data, "instrument_valuations", kinds.ValuationRow)
        if r.instrument_id in held and (r.dv01_local is not None or r.delta is not None or r.status != "ok")
    ]
    lines = [
        [
            instrument(data.names, r.instrument_id),
            rate(r.yield_rate, r.reason or "not a bond", 2),
            number(r.modified_duration_years, r.reason or "not a bond"),
            number(r.dv01_local, r.reason or "not a bond"),
            number(r.delta, r.reason or "not an option"),
            rate(r.implied_volatility, r.reason or "not an option"),
            status(r.status, r.reason),
        ]
        for r in found
    ]
    return Grid(
        "Bonds and options",
        "DV01 is the loss for a basis point up, per 100 face; delta is per 1.00 of the underlying",
        ("Instrument", "Yield", "Modified duration", "DV01", "Delta", "Implied volatility", "Status"),
        lines,
        [Told(f"Sensitivities of {r.instrument_id}", r.status, r.reason) for r in found],
        is_wide=True,
        absent=absence(
            data, "instrument_valuations", "Nothing to show: the portfolio holds no bond and no option."
        ),
    )


def key_rates(data: ReportData, risk: RiskRow, positions: list[PositionRow]) -> Grid:
    """Loss of the portfolio for a basis point up at one node of a curve: key-rate duration times value."""
    values = {row.instrument_id: row.market_value_base for row in positions}
    found = [r for r in analysis(data, "key_rate_durations", kinds.KeyRateRow) if r.instrument_id in values]
    nodes = sorted({(r.curve_id, r.tenor_years) for r in found})
    losses = []
    for node in nodes:
        own = [r for r in found if (r.curve_id, r.tenor_years) == node]
        losses.append(total(_loss(r.duration_years, values[r.instrument_id]) for r in own))
    lines = []
    drawn = bars(losses, [f"{tenor(years)}: loss for a basis point up" for _, years in nodes])
    reason = "the market value of a bond is missing"
    for n, ((curve_id, years), loss) in enumerate(zip(nodes, losses, strict=True)):
        share = loss / risk.nav_base / POINT if loss is not None and risk.nav_base else None
        lines.append(
            [word(tenor(years)), word(curve_id), drawn[n], money(loss, reason), number(share, reason)]
        )
    whole = total(losses)
    share = whole / risk.nav_base / POINT if whole is not None and risk.nav_base else None
    unknown = sorted({r.instrument_id for r in found if values[r.instrument_id] is None})
    return Grid(
        "Key rates",
        f"loss in {risk.base_currency} for a basis point up at the node alone; duration in years of all NAV",
        ("Node", "Curve", "", "DV01", "Duration"),
        lines,
        [Told(f"Key rates: {name}", "missing", reason) for name in unknown],
        [word("All nodes"), word(""), word(""), money(whole, reason), number(share, reason)] if lines else (),
        is_wide=True,
        text=("Curve",),
        absent=absence(data, "key_rate_durations", "Nothing to show: the portfolio holds no bond."),
    )


def _loss(duration_years: float | None, value_base: float | None) -> float | None:
    return None if duration_years is None or value_base is None else duration_years * value_base * POINT


def tenor(years: float) -> str:
    """Tenor as curves name it.

    Examples
    --------
    >>> tenor(1 / 12), tenor(0.5), tenor(10.0)
    ('1M', '6M', '10Y')
    """
    return f"{years:g}Y" if years >= 1.0 else f"{round(years * 12)}M"
