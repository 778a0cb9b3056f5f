"""Made-up deliveries of a euro book that buys, holds and sells a dollar future; figures are in the test."""

from collections.abc import Mapping, Sequence
from csv import DictWriter
from datetime import date
from math import sin
from pathlib import Path

from analytics_platform.calendars.sessions import calendar

MONDAY, TUESDAY, WEDNESDAY, THURSDAY = (date(2013, 2, day) for day in (25, 26, 27, 28))
HELD = (MONDAY, TUESDAY, WEDNESDAY, THURSDAY)
HISTORY = calendar("XNYS").sessions(date(2011, 1, 3), THURSDAY)
"""More than the 500 moves that value at risk looks back on."""
MULTIPLIER, CONTRACTS = 50, 3

_OLD = {day: n for n, day in enumerate(HISTORY[: -len(HELD)])}
SETTLES = {
    **{day: round(1480.0 + 20.0 * sin(1.7 * n), 2) for day, n in _OLD.items()},
    MONDAY: 1500.0,
    TUESDAY: 1504.0,
    WEDNESDAY: 1510.0,
    THURSDAY: 1498.0,
}
DOLLARS_A_EURO = {
    **{day: round(1.25 + 0.02 * sin(0.9 * n), 4) for day, n in _OLD.items()},
    MONDAY: 1.25,
    TUESDAY: 1.25,
    WEDNESDAY: 1.28,
    THURSDAY: 1.25,
}
DOLLARS = {MONDAY: "100000", TUESDAY: "100594", WEDNESDAY: "101494", THURSDAY: "99238"}
"""Cash of each evening, with the margin of that evening: worked out in the test."""

Row = Mapping[str, object]


def _instrument(name: str, kind: str, code: str, **more: object) -> Row:
    row = {"instrument_id": name, "name": name, "instrument_type": kind, "currency": code, "multiplier": 1}
    return {**row, "ticker": name, **more}


def _positions() -> list[Row]:
    held = {day: {"CASH_USD": DOLLARS[day], "CASH_EUR": "50000"} for day in HELD}
    for day in (TUESDAY, WEDNESDAY):
        held[day]["FUT"] = str(CONTRACTS)
    book = {"portfolio_id": "BOOK", "book": "ibor"}
    return [
        {"business_date": day, **book, "instrument_id": name, "quantity": quantity}
        for day, rows in held.items()
        for name, quantity in rows.items()
    ]


def _trade(day: date, number: int, quantity: int, price: float) -> Row:
    """Return a trade of the future: no money moves but the fees."""
    return {
        "trade_date": day,
        "transaction_id": f"T{number}",
        "portfolio_id": "BOOK",
        "instrument_id": "FUT",
        "transaction_type": "buy" if quantity > 0 else "sell",
        "settle_date": day,
        "quantity": quantity,
        "price_local": price,
        "fees_local": 6,
        "net_amount_local": -6,
        "currency": "USD",
    }


def _prices() -> list[Row]:
    future = {"instrument_id": "FUT", "currency": "USD", "volume": 9000}
    share = {"instrument_id": "SHARE", "price_type": "close", "currency": "USD", "volume": 5000}
    rows: list[Row] = []
    for n, (day, settle) in enumerate(SETTLES.items()):
        rows.append({"business_date": day, **future, "price_type": "settle", "close_local": settle})
        # The last trade is no settlement: nothing may rest on it.
        rows.append({"business_date": day, **future, "price_type": "close", "close_local": settle - 3})
        rows.append({"business_date": day, **share, "close_local": 100 + n % 5})
    return rows


def deliveries(folder: Path) -> list[Path]:
    """Write all files, each in the folder of its dataset; return them."""
    portfolio = {"name": "Book", "inception_date": MONDAY}
    shift = {"scenario_id": "crash", "scenario_name": "Crash", "shift_type": "relative", "factor_id": "ALL"}
    snapshots: dict[str, Sequence[Row]] = {
        "portfolios": [
            {"portfolio_id": "TOP", "base_currency": "USD", **portfolio},
            {"portfolio_id": "BOOK", "parent_portfolio_id": "TOP", "base_currency": "EUR", **portfolio},
        ],
        "instruments": [
            _instrument("CASH_USD", "cash", "USD"),
            _instrument("CASH_EUR", "cash", "EUR"),
            _instrument("SHARE", "equity", "USD"),
            _instrument(
                "FUT", "future", "USD", multiplier=MULTIPLIER, last_trade_date=date(2013, 3, 15), country="US"
            ),
        ],
        "risk_proxies": [{"instrument_id": "FUT", "proxy_instrument_id": "SHARE"}],
        "stress_shifts": [{**shift, "factor_type": "equity", "shift": -0.2}],
    }
    facts: dict[str, Sequence[Row]] = {
        "prices": _prices(),
        "fx_rates": [
            {"business_date": day, "base_currency": "EUR", "quote_currency": "USD", "rate": rate}
            for day, rate in DOLLARS_A_EURO.items()
        ],
        "positions": _positions(),
        "transactions": [_trade(TUESDAY, 1, CONTRACTS, 1500.0), _trade(THURSDAY, 2, -CONTRACTS, 1495.0)],
    }
    files = [_written(folder / name / f"desk_{THURSDAY}.csv", rows) for name, rows in snapshots.items()]
    dates = f"{HISTORY[0]}_{THURSDAY}"
    return files + [_written(folder / name / f"desk_{dates}.csv", rows) for name, rows in facts.items()]


def _written(file: Path, rows: Sequence[Row]) -> Path:
    file.parent.mkdir(parents=True)
    columns = list(dict.fromkeys(name for row in rows for name in row))
    with file.open("w", encoding="utf-8", newline="") as opened:
        writer = DictWriter(opened, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(rows)
    return file
