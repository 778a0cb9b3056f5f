"""From a value to the delivered rows: positions, prices, exchange rates, terms, curve quotes."""

from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from decimal import ROUND_HALF_UP, Decimal

import polars as pl

from analytics_platform.storage.lineage.chain import Book, Link, Row, link, money
from analytics_platform.tables.contract import Table
from analytics_platform.tables.holdings import EXTERNAL_FLOWS, POSITIONS, TRANSACTIONS
from analytics_platform.tables.market import CORPORATE_ACTIONS, PRICES
from analytics_platform.tables.reference import BOND_TERMS, FX_FORWARD_TERMS, INSTRUMENTS, OPTION_TERMS

CURVED = ("bond", "option", "fx_forward")
"""Kinds of instruments that a curve values."""


def positions_link(book: Book, day: date) -> Link:
    """Return what a portfolio held on a session: each position with its value in base currency."""
    leaves = []
    for leaf in book.positions(day).partition_by("portfolio_id", maintain_order=True):
        links = [_position(book, day, row) for row in leaf.iter_rows(named=True)]
        leaves.append(Link(f"portfolio {leaf['portfolio_id'][0]}", _sum(links), None, tuple(links)))
    label = f"positions of {book.portfolio_id} on {day}, in {book.base_currency}"
    return Link(label, _sum(leaves), None, tuple(leaves))


def rates_link(book: Book, day: date) -> Link:
    """Return the fixings that the exchange rates of a session come from."""
    used = {*book.positions(day)["currency"].drop_nulls(), book.base_currency}
    needed = {"USD", *used} if len(used) > 1 else set()
    links = [
        link(
            f"1 EUR = {row['rate'].normalize():f} {row['quote_currency']}, fixing of {row['business_date']}",
            row["rate"],
            row,
        )
        for row in book.fixings(day).iter_rows(named=True)
        if row["quote_currency"] in needed
    ]
    return Link(
        f"exchange rates of {day}" if links else f"no exchange rate is needed on {day}", links=tuple(links)
    )


def curves_link(book: Book, day: date) -> Link | None:
    """Return the curve quotes of a session; None if nothing held needs a curve."""
    if not book.positions(day)["instrument_type"].is_in(CURVED).any():
        return None
    links = [
        link(f"{row['curve_id']} {row['tenor']}, quote of {row['business_date']}", row["rate"], row)
        for row in book.curve_quotes(day).iter_rows(named=True)
    ]
    return Link(f"curve quotes of {day}", links=tuple(links))


def movements_link(book: Book, before: date, day: date) -> Link:
    """Return transactions, external flows and corporate actions after one session up to another."""
    days = [before + timedelta(days=n) for n in range(1, (day - before).days + 1)]
    held = book.positions(day)["instrument_id"].to_list() + book.positions(before)["instrument_id"].to_list()
    own = pl.col("portfolio_id").is_in(book.members)
    links = [
        link(
            f"{row['transaction_type']} {row['quantity'].normalize():f} {row['instrument_id']} of "
            f"{row['portfolio_id']}, {row['currency']}",
            row["net_amount_local"],
            row,
        )
        for row in _rows(book, TRANSACTIONS, days, own)
    ]
    links += [
        link(f"flow {row['flow_id']} of {row['portfolio_id']}, {row['currency']}", row["amount_local"], row)
        for row in _rows(book, EXTERNAL_FLOWS, days, own)
    ]
    links += [
        link(
            f"{row['action_type']} of {row['instrument_id']}",
            row["ratio"] if row["ratio"] is not None else row["amount_local"],
            row,
        )
        for row in _rows(book, CORPORATE_ACTIONS, days, pl.col("instrument_id").is_in(held))
    ]
    return Link(f"movements after {before} up to {day}: {len(links)}", links=tuple(links))


def _rows(book: Book, table: Table, days: Sequence[date], chosen: pl.Expr) -> Iterator[Row]:
    rows = book.rows.read(table, days).filter(chosen)
    return rows.sort(table.key).iter_rows(named=True)


def _position(book: Book, day: date, value: Row) -> Link:
    name, currency = value["instrument_id"], value["currency"]
    held = _delivered(book, POSITIONS, day, value, "position")
    price = None if value["price_delivery_id"] is None else _delivered(book, PRICES, day, value, "price")
    links = [*_price(value, price), *_terms(book, day, name, value["instrument_type"])]
    rate = None if currency is None else book.fx_rate(day, currency, book.base_currency)
    if rate is not None and currency != book.base_currency:
        links.append(Link(f"exchange rate {currency} to {book.base_currency}", rate))
    local = None if held is None else _recomputed(value, held, price)
    base = None if local is None or rate is None else money(local * rate)
    if held is None:
        return Link(f"{name}: its row is not in the lake", None, None, tuple(links))
    reason = "" if value["market_value_local"] is not None else f": {value['reason']}"
    if value["instrument_type"] == "future" and not reason:
        reason = ": worth nothing after its variation margin, which is in the cash"
    if value["instrument_type"] == "fx_forward" and not reason:
        reason = ": present value from rates and curves, as the mart has it"
    return link(f"{held['quantity'].normalize():,f} {name}{reason}", base, held, links)


def _recomputed(value: Row, held: Row, price: Row | None) -> Decimal | None:
    """Return the market value in local currency, from the delivered quantity and price as SQL defines it."""
    if value["market_value_local"] is None:
        return None
    quantity: Decimal = held["quantity"]
    if value["instrument_type"] == "cash":
        return money(quantity)
    if value["instrument_type"] == "future":
        return money(Decimal(0))
    if price is None:
        worth: Decimal | None = value["market_value_local"]
        return worth if value["instrument_type"] == "fx_forward" else None
    if value["instrument_type"] == "bond":
        dirty = (price["close_local"] + value["accrued_local"]) / 100
        return money(quantity * dirty.quantize(Decimal("1e-14"), ROUND_HALF_UP))
    return money(quantity * price["close_local"] * value["multiplier"])


def _price(value: Row, price: Row | None) -> list[Link]:
    if value["price_delivery_id"] is None:
        return []
    label = f"price of {value['instrument_id']} in {value['currency']}"
    if price is None:
        return [Link(f"{label}: its row is not in the lake")]
    if value["accrued_local"] is not None:
        label += f", accrued interest {value['accrued_local'].normalize():f} on top"
    return [link(label, price["close_local"], price)]


def _delivered(book: Book, table: Table, day: date, value: Row, what: str) -> Row | None:
    """Return the row of a file that a valued position names."""
    found = book.rows.read(table, [day]).filter(
        pl.col("delivery_id") == value[f"{what}_delivery_id"],
        pl.col("row_number") == value[f"{what}_row_number"],
        pl.col("instrument_id") == value["instrument_id"],
    )
    return None if found.is_empty() else found.row(0, named=True)


def _terms(book: Book, day: date, name: str, kind: str) -> list[Link]:
    links = [
        link(f"instrument {name}: {kind} in {row['currency']}, multiplier", row["multiplier"], row)
        for row in _of(book.rows.read(INSTRUMENTS), name)
    ]
    for row in _of(book.rows.read(BOND_TERMS), name) if kind == "bond" else ():
        text = f"bond terms: {row['day_count']}, {row['coupon_frequency']} coupons a year, rate"
        links.append(link(text, row["coupon_rate"], row))
    for row in _of(book.rows.read(OPTION_TERMS), name) if kind == "option" else ():
        underlying = str(row["underlying_instrument_id"])
        closes = [
            link(f"price of the underlying {underlying}", price["close_local"], price)
            for price in _of(book.rows.read(PRICES, [day]), underlying)
        ]
        text = f"option terms: {row['option_type']} on {underlying} to {row['expiry_date']}, strike"
        links.append(link(text, row["strike_local"], row, closes))
    for row in _of(book.rows.read(FX_FORWARD_TERMS), name) if kind == "fx_forward" else ():
        for side in ("bought", "sold"):
            code, curve = row[f"{side}_currency"], row[f"{side}_curve_id"]
            text = f"{code} {side} for one unit on {row['settlement_date']}, discounted on {curve}"
            links.append(link(text, row[f"{side}_amount"], row))
    return links


def _of(rows: pl.DataFrame, name: str) -> Iterator[Row]:
    return rows.filter(pl.col("instrument_id") == name).iter_rows(named=True)


def _sum(links: Sequence[Link]) -> Decimal | None:
    values = [each.value for each in links]
    return sum((v for v in values if isinstance(v, Decimal)), Decimal(0)) if None not in values else None
