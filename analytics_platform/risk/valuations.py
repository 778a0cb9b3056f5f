"""The record of one instrument's valuation: what `instrument_valuations` says about it."""

from dataclasses import dataclass

REASON_LENGTH = 256


@dataclass(frozen=True)
class Valuation:
    """One row of `instrument_valuations` without the session; None where there is no number."""

    instrument_id: str
    model: str = "price"
    market_price_local: float | None = None
    model_price_local: float | None = None
    accrued_local: float | None = None
    implied_volatility: float | None = None
    discount_spread_rate: float | None = None
    delta: float | None = None
    gamma: float | None = None
    vega: float | None = None
    theta: float | None = None
    rho: float | None = None
    dv01_local: float | None = None
    yield_rate: float | None = None
    modified_duration_years: float | None = None
    convexity_years2: float | None = None
    underlying_price_local: float | None = None
    status: str = "ok"
    reason: str | None = None


def missing(
    instrument_id: str, reason: str, *, model: str = "price", price: float | None = None
) -> Valuation:
    """Row of an instrument that has no value, with the reason."""
    return Valuation(
        instrument_id, model, market_price_local=price, status="missing", reason=shortened(reason)
    )


def shortened(reason: str) -> str:
    """Cut a reason to what a text column holds."""
    return reason if len(reason) <= REASON_LENGTH else reason[: REASON_LENGTH - 3] + "..."
