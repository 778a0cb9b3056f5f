"""A price history as the stock API had it, made by rule or taken from a file, and its deliveries. No test."""

import csv
import os
import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from pathlib import Path

from analytics_platform.calendars.sessions import calendar

COLUMNS = ("Date", "open", "high", "low", "close", "volume", "ticker")
GIVEN = "ANALYTICS_STOCK_HISTORY"
"""Environment variable that may name a file of such columns; then it is computed instead of the made one."""

_KNOWN_SPLITS = {
    ("AAPL", date(2020, 8, 31)): 4,
    ("TSLA", date(2020, 8, 31)): 5,
    ("GOOG", date(2022, 7, 18)): 20,
    ("TSLA", date(2022, 8, 25)): 3,
}
"""What companies announced; counts for a given file, where its dates cover them."""

_N_SESSIONS = 110
_SOURCE = "stock-vendor"
_DIALECT = """
[prices]
date_format = "%Y-%m-%d"

[prices.columns]
instrument_id = "ticker"
business_date = "Date"
open_local = "open"
high_local = "high"
low_local = "low"
close_local = "close"

[prices.constants]
price_type = "close"
currency = "USD"
"""

Action = tuple[str, date]
"""Ticker and first day without it."""


@dataclass(frozen=True)
class Day:
    """Close and volume of a stock."""

    close: Decimal
    volume: int


@dataclass(frozen=True)
class StockHistory:
    """The file and what companies did meanwhile.

    Attributes
    ----------
    file : Path
        CSV, newest day first, one stock after the other.
    splits : mapping
        New shares for an old one.
    dividends : mapping
        Dollars for a share as it was before a split of the same day.
    """

    file: Path
    splits: Mapping[Action, int | Decimal]
    dividends: Mapping[Action, Decimal]

    def days(self) -> dict[str, dict[date, Day]]:
        """Return the file, read with nothing but the standard library."""
        found: dict[str, dict[date, Day]] = {}
        with self.file.open(encoding="utf-8", newline="") as lines:
            for row in csv.DictReader(lines):
                day = Day(Decimal(row["close"]), int(row["volume"]))
                found.setdefault(row["ticker"], {})[date.fromisoformat(row["Date"])] = day
        return found

    def sessions(self) -> list[date]:
        """Return the days on which any stock closed."""
        return sorted({day for days in self.days().values() for day in days})

    def deliver(self, folder: Path) -> list[Path]:
        """Write what senders would put, and return the files, each in the folder of its dataset."""
        first, last = self.sessions()[0], self.sessions()[-1]
        tickers = sorted(self.days())
        stocks = [f"{name},{name},{name} Inc.,equity,USD,1" for name in tickers]
        actions = [f"{day},{name},split,{ratio},," for (name, day), ratio in self.splits.items()]
        actions += [f"{day},{name},cash_dividend,,{cash},USD" for (name, day), cash in self.dividends.items()]
        held = [f"{last},BOOK,{name},10,ibor" for name in tickers]
        texts = {
            f"prices/{_SOURCE}_{first}_{last}.csv": self.file.read_text(encoding="utf-8"),
            f"instruments/{_SOURCE}_{first}.csv": _csv(
                "instrument_id,ticker,name,instrument_type,currency,multiplier", stocks
            ),
            f"corporate_actions/{_SOURCE}_{first}_{last}.csv": _csv(
                "ex_date,instrument_id,action_type,ratio,amount_local,currency", actions
            ),
            f"portfolios/{_SOURCE}_{first}.csv": _csv(
                "portfolio_id,name,base_currency,inception_date", [f"BOOK,Book,USD,{first}"]
            ),
            f"positions/{_SOURCE}_{last}.csv": _csv(
                "business_date,portfolio_id,instrument_id,quantity,book", held
            ),
        }
        for name, text in texts.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            (folder / name).write_text(text, encoding="utf-8")
        return [folder / name for name in texts]


def stock_history(folder: Path) -> StockHistory:
    """Return the file that the environment names, or make one with splits, dividends and a gap."""
    given = os.environ.get(GIVEN)  # noqa: TID251 - a file of who runs the tests, no setting of the product
    if given:
        history = StockHistory(Path(given), {}, {})
        covered = {
            action: ratio
            for action, ratio in _KNOWN_SPLITS.items()
            if action[1] in history.days().get(action[0], {})
        }
        return StockHistory(Path(given), covered, {})
    return _made(folder / "stocks.csv")


def write_dialect(sources: Path) -> None:
    """Write how the file looks into a folder of source dialects."""
    sources.mkdir(parents=True, exist_ok=True)
    (sources / f"{_SOURCE}.toml").write_text(_DIALECT, encoding="utf-8")


def _made(file: Path) -> StockHistory:
    """Make four stocks over half a year: a split, a reverse split, dividends, and a day without a close."""
    chance = random.Random(20130301)  # noqa: S311 - prices, no secret
    sessions = calendar("XNYS").sessions(date(2012, 7, 2), date(2013, 3, 1))[:_N_SESSIONS]
    splits: dict[Action, int | Decimal] = {
        ("CALM", sessions[40]): 2,
        ("WILD", sessions[70]): Decimal("0.1"),
        ("WILD", sessions[90]): 3,
    }
    dividends = {("CALM", sessions[40]): Decimal("0.75"), ("LATE", sessions[75]): Decimal("1.1")}
    rows: list[Sequence[object]] = []
    for name, start, step in (("CALM", 90, 0.01), ("WILD", 4, 0.06), ("GAPS", 30, 0.02), ("LATE", 55, 0.015)):
        price, shares = float(start), 1_000_000.0
        lines: list[Sequence[object]] = []
        for place, day in enumerate(sessions):
            ratio = float(splits.get((name, day), 1))
            price, shares = price / ratio * (1 + chance.gauss(0.001, step)), shares * ratio
            is_absent = (name == "GAPS" and place in {33, 60}) or (name == "LATE" and place < 20)
            if not is_absent:
                close = f"{price:.4f}"
                volume = int(shares * chance.uniform(0.5, 2))
                lines.append((day, close, f"{price * 1.01:.4f}", f"{price * 0.99:.4f}", close, volume, name))
        rows += reversed(lines)
    file.write_text(_csv(",".join(COLUMNS), [",".join(map(str, row)) for row in rows]), encoding="utf-8")
    return StockHistory(file, splits, dividends)


def _csv(header: str, lines: Sequence[str]) -> str:
    return "\n".join([header, *lines, ""])
