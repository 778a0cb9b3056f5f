"""Tables of risk beyond the historical measures: other methods, what changed, what contributes."""

from collections.abc import Sequence

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import (
    Grid,
    Told,
    bars,
    gain,
    instrument,
    money,
    number,
    rate,
    status,
    word,
)
from analytics_platform.report.data import ReportData
from analytics_platform.report.format import percent, words

TOP = 10
_SHORT = {"value_at_risk": "VaR", "expected_shortfall": "ES"}
_TAILS = tuple((metric, confidence) for metric in _SHORT for confidence in (0.95, 0.975, 0.99))
_METHODS = {
    "monte_carlo": "Monte Carlo",
    "parametric_ewma": "Parametric, EWMA",
    "parametric_ledoit_wolf": "Parametric, Ledoit-Wolf",
    "parametric_sample": "Parametric, sample covariance",
}
_CHOSEN = (("value_at_risk", 0.99), ("expected_shortfall", 0.975))


def named(metric: str, confidence: float) -> str:
    """Name of a tail measure.

    Examples
    --------
    >>> named("value_at_risk", 0.99), named("expected_shortfall", 0.975)
    ('VaR 99', 'ES 97.5')
    """
    return (
        f"{_SHORT.get(metric, words(metric))} {percent(confidence, places=1).rstrip('%').removesuffix('.0')}"
    )


def methods(data: ReportData, key: str) -> Grid:
    """Return every measure by every method, a line for a method, with the errors of the simulated ones."""
    found = analysis(data, "risk_metrics", kinds.MethodRow, key)
    cells = {(r.method, r.metric, round(r.confidence, 4)): r for r in found}
    order = sorted({r.method for r in found}, key=lambda method: (method != "historical", method))
    lines = []
    for method in order:
        line = [word(_METHODS.get(method, words(method)))]
        for metric, confidence in _TAILS:
            row = cells.get((method, metric, confidence))
            reason = "not computed by this method" if row is None else row.reason
            cell = money(None if row is None else row.value, reason)
            if row is not None and row.standard_error is not None:
                cell += word(" ±") + money(row.standard_error)
            line.append(cell)
        lines.append(line)
    told = [
        Told(f"{named(r.metric, r.confidence)} {words(r.method).lower()}", r.status, r.reason) for r in found
    ]
    return Grid(
        "VaR and ES by method",
        "a loss is positive; ± is the standard error of a simulated value; limits look at the first line",
        ("Method", *(named(*tail) for tail in _TAILS)),
        lines,
        told,
        is_wide=True,
    )


def changes(data: ReportData, key: str) -> Grid:
    """Return what moved the measures since the session before."""
    found = analysis(data, "var_changes", kinds.VarChangeRow, key)
    found.sort(key=lambda r: (r.metric != "value_at_risk", r.confidence))
    lines = [
        [word(named(r.metric, r.confidence)), money(r.previous_value, r.reason)]
        + [gain(v, r.reason) for v in (r.positions_effect, r.market_effect, r.window_effect)]
        + [money(r.value, r.reason), status(r.status, r.reason)]
        for r in found
    ]
    return Grid(
        "From the session before to this one",
        "before + positions + market + window = now; window are scenarios that came in or dropped out",
        ("Measure", "Before", "Positions", "Market", "Window", "Now", "Status"),
        lines,
        [Told(f"Change of {named(r.metric, r.confidence)}", r.status, r.reason) for r in found],
        is_wide=True,
        absent=absence(data, "var_changes"),
    )


def contributions(data: ReportData, key: str) -> list[Grid]:
    """Return which instruments bring VaR 99 and ES 97.5, and what each would take away or add."""
    found = analysis(data, "risk_contributions", kinds.PartRow, key)
    return [
        _parts(data, tail, [r for r in found if (r.metric, round(r.confidence, 4)) == tail])
        for tail in _CHOSEN
    ]


def _parts(data: ReportData, tail: tuple[str, float], found: Sequence[kinds.PartRow]) -> Grid:
    order = sorted(found, key=lambda r: (-abs(r.contribution or 0.0), r.instrument_id))
    chosen = sorted(order[:TOP], key=lambda r: (-(r.contribution or 0.0), r.instrument_id))
    drawn = bars([r.contribution for r in chosen], [f"{r.instrument_id}: {named(*tail)}" for r in chosen])
    lines = [
        [
            instrument(data.names, r.instrument_id),
            drawn[n],
            money(r.contribution),
            rate(r.share_rate),
            number(r.marginal),
            money(r.incremental),
        ]
        for n, r in enumerate(chosen)
    ]
    return Grid(
        f"Contributions to {named(*tail)}",
        "contributions add up to the measure; marginal: change for 1.00 more in it; "
        "incremental: the measure less the measure without it",
        ("Instrument", "", "Contribution", "Share", "Marginal", "Incremental"),
        lines,
        is_wide=True,
        absent=absence(data, "risk_contributions"),
    )
