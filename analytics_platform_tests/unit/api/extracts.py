"""A small extract that can be worked out by hand: three sessions, two portfolios. No test."""

from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import polars as pl
from fastapi.testclient import TestClient

from analytics_platform.api.app import Surroundings, create_app
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version

SESSIONS = (date(2013, 1, 31), date(2013, 2, 28), date(2013, 3, 1))
PORTFOLIOS = ("EQUITY", "GLOBAL")
INSTRUMENTS = ("BOND", "EQ_A", "EQ_B")
HOSTILE_TEXTS = ("=cmd|' /C calc'!A0", "@SUM(1)", "+1+2", "-2+3", "\t=1", 'plain, with "quotes"\nand a line')
KNOWN_AT = datetime(2013, 3, 1, 21, tzinfo=UTC)
LOCAL = "http://127.0.0.1"

_MONEY = pl.Decimal(38, 8)


def tables(number: int = 1) -> dict[str, pl.DataFrame]:
    """Return the tables of a version; every amount is a multiple of its number."""
    return {
        "portfolio_risk": _portfolio_risk(number),
        "positions": _positions(number),
        "risk_metrics": _risk_metrics(number),
        "reconciliation_breaks": _breaks(),
        "deliveries": _deliveries(),
        "average_daily_returns": _returns(),
        "most_valuable_days": _days(),
        "most_valuable_stocks": _stocks().select(
            "instrument_id", "ticker", "mean_value_traded_usd", "value_rank"
        ),
        "stock_volatilities": _stocks().drop("mean_value_traded_usd", "value_rank"),
        "best_return_windows": _windows(),
    }


def publish(store: ServingStore, number: int = 1) -> Version:
    """Publish a version."""
    return store.publish(tables(number), run_id=f"run-{number}", known_at=KNOWN_AT, code_version="1")


def client_of(store: ServingStore, folder: Path, around: Surroundings | None = None) -> TestClient:
    """Return a client on this machine; its application does not run in advance."""
    app = create_app(store.root, folder / "pages", around)
    return TestClient(app, base_url=LOCAL, client=("127.0.0.1", 50000), raise_server_exceptions=False)


def _portfolio_risk(number: int) -> pl.DataFrame:
    rows = [
        {
            "business_date": day,
            "portfolio_id": portfolio,
            "name": portfolio.title(),
            "nav_base": number * 1000,
        }
        for day in SESSIONS
        for portfolio in PORTFOLIOS
    ]
    return pl.DataFrame(rows, schema_overrides={"nav_base": _MONEY})


def _positions(number: int) -> pl.DataFrame:
    rows = [
        {
            "business_date": day,
            "portfolio_id": portfolio,
            "instrument_id": instrument,
            "instrument_name": HOSTILE_TEXTS[place + 3 * (portfolio == "GLOBAL")],
            "market_value_base": Decimal(number) * (place - 1) + Decimal("0.00000001"),
            "weight_rate": None if instrument == "EQ_B" else Decimal("-0.25"),
            "status": "ok",
        }
        for day in SESSIONS
        for portfolio in PORTFOLIOS
        for place, instrument in enumerate(INSTRUMENTS)
    ]
    return pl.DataFrame(
        rows, schema_overrides={"market_value_base": _MONEY, "weight_rate": pl.Decimal(20, 12)}
    )


def _risk_metrics(number: int) -> pl.DataFrame:
    rows = [
        {
            "business_date": SESSIONS[-1],
            "portfolio_id": portfolio,
            "metric": "value_at_risk",
            "method": "historical",
            "confidence": confidence,
            "value": float(number) / 3.0 if confidence > 0.95 else float("nan"),
            "status": "ok",
        }
        for portfolio in PORTFOLIOS
        for confidence in (0.95, 0.975, 0.99)
    ]
    return pl.DataFrame(rows)


def _breaks() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": [SESSIONS[0]],
            "check_name": ["vendor"],
            "portfolio_id": ["GLOBAL"],
            "instrument_id": ["EQ_A"],
            "is_over_tolerance": [True],
        }
    )


def _deliveries() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "table_name": ["positions", "instruments"],
            "source": ["desk", "desk"],
            "delivery_id": ["d1", "d2"],
            "first_date": [SESSIONS[0], None],
            "last_date": [SESSIONS[1], None],
            "rows_rejected": [3, 4],
            "known_at": [KNOWN_AT, KNOWN_AT],
        }
    )


def _returns() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": SESSIONS,
            "average_return_pct": [Decimal("1.5000"), Decimal("-0.2500"), None],
            "raw_average_return_pct": [Decimal("1.5000"), Decimal("-50.1234"), None],
        },
        schema_overrides=dict.fromkeys(("average_return_pct", "raw_average_return_pct"), pl.Decimal(20, 4)),
    )


def _days() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "business_date": SESSIONS,
            "mean_value_traded_usd": [10.0, 30.0, 20.0],
            "raw_mean_value_traded_usd": [10.0, 30.0, 20.0],
            "n_stocks": [2, 2, 2],
            "value_rank": [3, 1, 2],
        }
    )


def _stocks() -> pl.DataFrame:
    rates = {
        f"{basis}{rate}_volatility_rate": [0.02, 0.01]
        for basis in ("", "raw_")
        for rate in ("daily", "annualised")
    }
    return pl.DataFrame(
        {
            "instrument_id": ["EQ_A", "EQ_B"],
            "ticker": ["A", "B"],
            "mean_value_traded_usd": [5.0, 7.0],
            "value_rank": [2, 1],
            "volatility_rank": [1, 2],
            **rates,
        }
    )


def _windows() -> pl.DataFrame:
    return pl.DataFrame(
        {
            "basis": ["raw", "adjusted"],
            "window_rank": [1, 1],
            "instrument_id": ["EQ_A", "EQ_B"],
            "ticker": ["A", "B"],
            "return_pct": [40.0, 30.0],
        }
    )
