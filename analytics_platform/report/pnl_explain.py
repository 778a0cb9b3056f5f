"""P&L explain of a portfolio: by instrument where it holds positions itself, by portfolio below where not."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields

from markupsafe import Markup

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, gain, instrument, rate, status, word
from analytics_platform.report.data import ReportData, RiskRow
from analytics_platform.report.figures import total

EFFECTS = ("delta", "gamma", "vega", "theta", "rho", "fx", "income", "trading", "unexplained")
HEAD = ("P&L", "Delta", "Gamma", "Vega", "Theta", "Rho", "FX", "Income", "Trading", "Unexplained")
PENNY = 0.01
_INCOMPLETE = "a value in it is missing"


@dataclass(frozen=True)
class Explained:
    """P&L of a day and its parts, in the base currency of the portfolio that is shown."""

    pnl: float | None
    delta: float | None
    gamma: float | None
    vega: float | None
    theta: float | None
    rho: float | None
    fx: float | None
    income: float | None
    trading: float | None
    unexplained: float | None

    @property
    def values(self) -> list[float | None]:
        """P&L and parts, in the order of the columns."""
        return [getattr(self, part.name) for part in fields(self)]

    @property
    def unexplained_share(self) -> float | None:
        """What the parts leave over, as a share of the P&L; None without P&L."""
        if self.unexplained is None or not self.pnl:
            return None
        return abs(self.unexplained / self.pnl)


def added(rows: Sequence[Explained]) -> Explained:
    """Sum part by part; a part that is missing in one is missing in the sum."""
    columns = zip(*(row.values for row in rows), strict=True)
    return Explained(*(total(column) for column in columns)) if rows else Explained(*(None,) * 10)


@dataclass(frozen=True)
class _Body:
    """Lines of the table with their statuses and their sum."""

    lines: list[list[Markup]]
    told: list[Told]
    sums: Explained


def explain(data: ReportData, risk: RiskRow, leaves: Sequence[RiskRow]) -> Grid:
    """P&L explain of a portfolio with all that is below it.

    Parameters
    ----------
    data : ReportData
        All frames.
    risk : RiskRow
        Portfolio that is shown.
    leaves : sequence of RiskRow
        The portfolio and all below it; those that hold positions have rows of their own.
    """
    found = {row.portfolio_id: _rows(data, row.portfolio_id) for row in leaves}
    is_parent = any(found[row.portfolio_id] for row in leaves if row != risk)
    body = _by_portfolio(data, risk, leaves, found) if is_parent else _by_instrument(data, risk, found)
    share = rate(body.sums.unexplained_share, "no P&L to hold it against")
    note = "the parts and what they leave unexplained add up to the P&L; the last is the unexplained share"
    return Grid(
        "P&L explain of the day, " + ("by portfolio" if is_parent else "by instrument"),
        note,
        ("Portfolio" if is_parent else "Instrument", *HEAD, "Status"),
        body.lines,
        body.told,
        [word("All"), *_cells(body.sums, _INCOMPLETE), share] if body.lines else (),
        is_wide=True,
        absent=absence(data, "pnl_explains"),
    )


def _by_instrument(data: ReportData, risk: RiskRow, found: Mapping[str, list[kinds.ExplainRow]]) -> _Body:
    own = found[risk.portfolio_id]
    lines = [
        [
            instrument(data.names, r.instrument_id),
            *_cells(_explained(r), r.reason),
            status(r.status, r.reason),
        ]
        for r in own
    ]
    return _Body(lines, _told(own, risk.title), added([_explained(r) for r in own]))


def _told(own: Sequence[kinds.ExplainRow], title: str) -> list[Told]:
    return [Told(f"P&L explain of {r.instrument_id} in {title}", r.status, r.reason) for r in own]


def _by_portfolio(
    data: ReportData,
    risk: RiskRow,
    leaves: Sequence[RiskRow],
    found: Mapping[str, list[kinds.ExplainRow]],
) -> _Body:
    rates = _rates(data)
    parents = {row.parent_portfolio_id for row in leaves}
    body = _Body([], [], added([]))
    parts: list[Explained] = []
    for row in leaves:
        own = found[row.portfolio_id]
        if not own and (row.portfolio_id in parents or not row.day_pnl_base):
            continue
        per_unit = 1.0 if row.base_currency == risk.base_currency else None
        per_unit = per_unit or rates.get((row.base_currency, risk.base_currency))
        part = _converted(added([_explained(r) for r in own]), per_unit)
        reason = _gap(row, risk, own, per_unit)
        is_whole = None not in part.values
        told = Told(f"P&L explain of {row.title}", "ok" if is_whole else "missing", reason)
        body.told.extend([*_told(own, row.title), told])
        body.lines.append([word(row.title), *_cells(part, reason), status(told.status, reason)])
        parts.append(part)
    rest = _rest(risk, added(parts))
    if rest is None or abs(rest) >= PENNY:
        is_foreign = any(row.base_currency != risk.base_currency for row in leaves)
        name = f"Translation into {risk.base_currency}" if is_foreign else "P&L of no portfolio below"
        parts.append(_translation(rest, is_foreign=is_foreign))
        body.lines.append([word(name), *_cells(parts[-1], risk.reason or _INCOMPLETE), word("")])
    return _Body(body.lines, body.told, added(parts))


def _gap(row: RiskRow, risk: RiskRow, own: Sequence[kinds.ExplainRow], per_unit: float | None) -> str | None:
    if not own:
        return f"no P&L explain of {row.title} on this session"
    if per_unit is None:
        return f"no rate of {row.base_currency} to {risk.base_currency}"
    return next((r.reason for r in own if r.status == "missing"), None)


def _rest(risk: RiskRow, sums: Explained) -> float | None:
    return None if sums.pnl is None or risk.day_pnl_base is None else risk.day_pnl_base - sums.pnl


def _translation(rest: float | None, *, is_foreign: bool) -> Explained:
    """Put what is left over to FX where a portfolio below has another currency, else to the unexplained."""
    zero = dict.fromkeys(EFFECTS, 0.0)
    return Explained(rest, **{**zero, "fx" if is_foreign else "unexplained": rest})


def _rows(data: ReportData, key: str) -> list[kinds.ExplainRow]:
    return analysis(data, "pnl_explains", kinds.ExplainRow, key)


def _explained(row: kinds.ExplainRow) -> Explained:
    return Explained(row.pnl, *(getattr(row, f"{effect}_pnl") for effect in EFFECTS))


def _converted(row: Explained, rate_: float | None) -> Explained:
    return Explained(*(None if v is None or rate_ is None else v * rate_ for v in row.values))


def _rates(data: ReportData) -> dict[tuple[str, str], float]:
    """Exchange rates of the session that the positions were valued with, in both directions."""
    rates: dict[tuple[str, str], float] = {}
    for row in analysis(data, "position_values", kinds.ValuedRow):
        if row.fx_rate:
            rates[row.currency, row.base_currency] = row.fx_rate
            rates.setdefault((row.base_currency, row.currency), 1.0 / row.fx_rate)
    return rates


def _cells(row: Explained, reason: str | None) -> list[Markup]:
    return [gain(value, reason) for value in row.values]
