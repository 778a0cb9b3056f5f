"""The public source data as the simulation asks for it: by session, exact decimals, newest known quote."""

from bisect import bisect_right
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
import polars as pl

from sample_data.builder.curve import TENOR_YEARS, Curve, bootstrap
from sample_data.builder.paths import FIRST_SESSION, LAST_SESSION, RAW

TICKERS = ("AAPL", "IBM", "MSFT", "GOOG", "FB")
SATURDAY = 5


@dataclass(frozen=True)
class Market:
    """Prices, corporate actions, exchange rates and curves of the sample.

    Attributes
    ----------
    all_sessions : list of date
        Every session since the price history starts.
    sessions : list of date
        The sessions in which the portfolios exist.
    close, typical : dict
        By ticker and session: closing price, and the mean of high, low and close.
    splits, dividends : dict
        By ex-date and ticker: new shares for one old share, and US dollars for one share.
    usd_per_eur : dict
        By session of the portfolios: the newest fixing up to then.
    curves : dict
        By session of the portfolios: the newest par curve up to then.
    """

    all_sessions: list[date]
    sessions: list[date]
    close: dict[str, dict[date, Decimal]]
    typical: dict[str, dict[date, Decimal]]
    splits: dict[date, dict[str, Decimal]]
    dividends: dict[date, dict[str, Decimal]]
    usd_per_eur: dict[date, Decimal]
    curves: dict[date, Curve]

    def session_on_or_after(self, day: date) -> date:
        """First session not before the day; beyond the data, the first day that is not of a weekend."""
        at = bisect_right(self.all_sessions, day - timedelta(days=1))
        if at < len(self.all_sessions):
            return self.all_sessions[at]
        while day.weekday() >= SATURDAY:
            day += timedelta(days=1)
        return day

    def session_on_or_before(self, day: date) -> date:
        """Last session not after the day; beyond the data, the day itself."""
        if day > self.all_sessions[-1]:
            return day
        return self.all_sessions[bisect_right(self.all_sessions, day) - 1]

    def settle(self, day: date, sessions: int) -> date:
        """Day that lies a number of sessions later."""
        for _ in range(sessions):
            day = self.session_on_or_after(day + timedelta(days=1))
        return day


def read_raw(name: str) -> pl.DataFrame:
    """Read a file of the public source data, every column as text but the date."""
    frame = pl.read_csv(RAW / name, infer_schema=False)
    dates = [column for column in frame.columns if column in {"date", "ex_date"}]
    return frame.with_columns(pl.col(dates).str.to_date("%Y-%m-%d"))


def _prices(frame: pl.DataFrame) -> tuple[dict[str, dict[date, Decimal]], dict[str, dict[date, Decimal]]]:
    close: dict[str, dict[date, Decimal]] = {ticker: {} for ticker in TICKERS}
    typical: dict[str, dict[date, Decimal]] = {ticker: {} for ticker in TICKERS}
    for ticker, day, high, low, last in frame.select("ticker", "date", "high", "low", "close").iter_rows():
        close[ticker][day] = Decimal(last)
        mean = (Decimal(high) + Decimal(low) + Decimal(last)) / 3
        typical[ticker][day] = mean.quantize(Decimal("0.0001"))
    return close, typical


def _actions(frame: pl.DataFrame, kind: str) -> dict[date, dict[str, Decimal]]:
    actions: dict[date, dict[str, Decimal]] = {}
    for ticker, day, value in (
        frame.filter(pl.col("type") == kind).select("ticker", "ex_date", "value").iter_rows()
    ):
        actions.setdefault(day, {})[ticker] = Decimal(value)
    return actions


def _curve(row: dict[str, str | None]) -> Curve:
    quoted = {years: float(rate) for tenor, years in TENOR_YEARS.items() if (rate := row[tenor])}
    return bootstrap(np.array(list(quoted)), np.array(list(quoted.values())))


def load_market() -> Market:
    """Read the public source data."""
    close, typical = _prices(read_raw("prices.csv"))
    actions = read_raw("corporate_actions.csv")
    all_sessions = sorted(close["AAPL"])
    sessions = [day for day in all_sessions if FIRST_SESSION <= day <= LAST_SESSION]
    fx = dict(read_raw("fx_ecb.csv").select("date", "USD").sort("date").iter_rows())
    fx_days = list(fx)
    quotes = {row["date"]: row for row in read_raw("us_treasury_par.csv").sort("date").to_dicts()}
    quote_days = list(quotes)
    return Market(
        all_sessions=all_sessions,
        sessions=sessions,
        close=close,
        typical=typical,
        splits=_actions(actions, "split"),
        dividends=_actions(actions, "cash_dividend"),
        usd_per_eur={day: Decimal(fx[fx_days[bisect_right(fx_days, day) - 1]]) for day in sessions},
        curves={day: _curve(quotes[quote_days[bisect_right(quote_days, day) - 1]]) for day in sessions},
    )
