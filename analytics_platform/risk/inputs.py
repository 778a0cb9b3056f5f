"""What the risk step reads: frames by name, and the terms of the held instruments made out of them."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import date

import polars as pl

from analytics_platform.risk.accruals import BondSchedule, bond_schedule

_STYLES = {"european": False, "american": True}
"""Whether an option of the style may be exercised early."""
_UNDERLYINGS = {"european": {"equity", "etf", "future"}, "american": {"equity", "etf"}}
"""What an option of the style may be on."""


@dataclass(frozen=True)
class RiskInputs:
    """Frames that the risk step reads. Decimal columns are turned into float64 where they are used.

    Attributes
    ----------
    holdings : DataFrame
        business_date, portfolio_id, instrument_id, quantity; one row per leaf position, one book.
    instruments, bond_terms, option_terms, fx_forward_terms : DataFrame
    bond_accruals, portfolios, stress_shifts : DataFrame
        Columns as the tables of the same names. The portfolios may have a column `first_date`, the first
        session with positions of their own: from then on, one that delivers none is missing.
    prices : DataFrame
        business_date, instrument_id, close_local, currency; raw closing prices, settlement prices of futures.
    equity_moves : DataFrame
        business_date, instrument_id, total_return: (P1 ratio + D) / P0 - 1 since the session before.
    fx : DataFrame
        business_date, currency, rate_to_usd: US dollars for one unit of the currency, aligned to
        sessions. The rows of USD (rate 1) are the list of sessions.
    curve_quotes : DataFrame
        business_date, curve_id, tenor, rate: par yields aligned to sessions.
    proxies : mapping of str to str
        Instrument whose moves stand in where those of the key are missing.
    discount_curves : mapping of str to str
        Curve that discounts what is paid in a currency.

    """

    holdings: pl.DataFrame
    instruments: pl.DataFrame
    bond_terms: pl.DataFrame
    option_terms: pl.DataFrame
    bond_accruals: pl.DataFrame
    portfolios: pl.DataFrame
    prices: pl.DataFrame
    equity_moves: pl.DataFrame
    fx: pl.DataFrame
    curve_quotes: pl.DataFrame
    stress_shifts: pl.DataFrame
    fx_forward_terms: pl.DataFrame = field(default_factory=lambda: pl.DataFrame({"instrument_id": []}))
    proxies: Mapping[str, str] = field(default_factory=dict)
    discount_curves: Mapping[str, str] = field(default_factory=lambda: {"USD": "UST_PAR"})


@dataclass(frozen=True)
class OptionTerms:
    """What one option contract promises."""

    underlying_id: str
    is_call: bool
    strike_local: float
    expiry: date
    is_american: bool = False
    is_on_future: bool = False


@dataclass(frozen=True)
class ForwardLeg:
    """One payment that one unit of an FX forward promises: received, or paid where it is negative."""

    currency: str
    amount: float
    curve_id: str


@dataclass(frozen=True)
class Terms:
    """One held instrument. `reason` says why it cannot be valued at all, empty if it can.

    A future has its `last_day` of trading, None if nobody says it, and the share or fund whose shifts it
    `follows` in a stress scenario: its proxy, empty for none. An FX forward has two legs, both paid on
    its `last_day`.
    """

    instrument_id: str
    kind: str
    currency: str = ""
    multiplier: float = 1.0
    option: OptionTerms | None = None
    bond: BondSchedule | None = None
    reason: str = ""
    last_day: date | None = None
    follows: str = ""
    forward: tuple[ForwardLeg, ...] = ()


def held_instruments(holdings: pl.DataFrame) -> dict[date, list[str]]:
    """Instruments with a quantity other than zero, sorted, for each session."""
    held = (
        holdings.filter(pl.col("quantity").cast(pl.Float64) != 0.0)
        .group_by("business_date")
        .agg(pl.col("instrument_id").unique().sort())
    )
    return dict(held.iter_rows())


def instrument_terms(inputs: RiskInputs, instrument_ids: Iterable[str]) -> dict[str, Terms]:
    """Terms of the named instruments; one that is unknown or not supported says so in `reason`."""
    rows = {row["instrument_id"]: row for row in inputs.instruments.iter_rows(named=True)}
    options = {row["instrument_id"]: row for row in inputs.option_terms.iter_rows(named=True)}
    bonds = {row["instrument_id"]: row for row in inputs.bond_terms.iter_rows(named=True)}
    forwards = {row["instrument_id"]: row for row in inputs.fx_forward_terms.iter_rows(named=True)}
    accruals = inputs.bond_accruals.partition_by("instrument_id", as_dict=True)
    terms = {}
    for name in sorted(set(instrument_ids)):
        if name not in rows:
            terms[name] = Terms(name, "unknown", reason="not among the instruments")
            continue
        kind, currency = rows[name]["instrument_type"], rows[name]["currency"]
        plain = Terms(name, kind, currency, float(rows[name]["multiplier"]))
        if kind == "option":
            terms[name] = _option(plain, options.get(name), rows)
        elif kind == "bond":
            terms[name] = _bond(plain, bonds.get(name), accruals.get((name,)))
        elif kind in {"equity", "etf", "cash"}:
            terms[name] = plain
        elif kind == "fx_forward":
            terms[name] = _forward(plain, forwards.get(name))
        elif kind == "future":
            terms[name] = _future(plain, rows, inputs.proxies)
        else:
            terms[name] = _refused(plain, f"{kind}: not supported yet")
    return terms


def _refused(plain: Terms, reason: str) -> Terms:
    return Terms(plain.instrument_id, plain.kind, plain.currency, plain.multiplier, reason=reason)


def _future(
    plain: Terms, instruments: Mapping[str, Mapping[str, object]], proxies: Mapping[str, str]
) -> Terms:
    last_day = instruments[plain.instrument_id].get("last_trade_date")
    proxy = proxies.get(plain.instrument_id, "")
    is_equity = instruments.get(proxy, {}).get("instrument_type") in {"equity", "etf"}
    return replace(
        plain,
        last_day=last_day if isinstance(last_day, date) else None,
        follows=proxy if is_equity else "",
    )


def _option(
    plain: Terms, row: Mapping[str, object] | None, instruments: Mapping[str, Mapping[str, object]]
) -> Terms:
    if row is None:
        return _refused(plain, "no option terms")
    style = str(row["exercise_style"])
    if style not in _STYLES:
        return _refused(plain, f"{style} exercise: not supported yet")
    underlying = str(row["underlying_instrument_id"])
    kind = instruments.get(underlying, {}).get("instrument_type", "unknown instrument")
    if kind not in _UNDERLYINGS[style]:
        what = f"{style} option" if kind == "future" else "option"
        return _refused(plain, f"{what} on {underlying}, {kind}: not supported yet")
    if instruments[underlying]["currency"] != plain.currency:
        return _refused(plain, f"option on {underlying} in another currency: not supported yet")
    expiry = row["expiry_date"]
    if not isinstance(expiry, date):
        return _refused(plain, "no expiry date")
    strike = float(str(row["strike_local"]))
    return Terms(
        plain.instrument_id,
        plain.kind,
        plain.currency,
        plain.multiplier,
        option=OptionTerms(
            underlying, row["option_type"] == "call", strike, expiry, _STYLES[style], kind == "future"
        ),
    )


def _forward(plain: Terms, row: Mapping[str, object] | None) -> Terms:
    day = None if row is None else row["settlement_date"]
    if row is None or not isinstance(day, date):
        return _refused(plain, "no FX forward terms")
    legs = (
        ForwardLeg(
            str(row[f"{side}_currency"]),
            sign * float(str(row[f"{side}_amount"])),
            str(row[f"{side}_curve_id"]),
        )
        for side, sign in (("bought", 1.0), ("sold", -1.0))
    )
    return replace(plain, last_day=day, forward=tuple(legs))


def _bond(plain: Terms, row: Mapping[str, object] | None, accruals: pl.DataFrame | None) -> Terms:
    if row is None:
        return _refused(plain, "no bond terms")
    if accruals is None:
        return _refused(plain, "no coupon schedule")
    try:
        schedule = bond_schedule(
            accruals, coupon_frequency=int(str(row["coupon_frequency"])), day_count=str(row["day_count"])
        )
    except ValueError as error:
        return _refused(plain, str(error))
    return Terms(plain.instrument_id, plain.kind, plain.currency, plain.multiplier, bond=schedule)
