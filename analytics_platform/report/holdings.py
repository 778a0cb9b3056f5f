"""Tables of what a portfolio holds: exposures with options at their delta, coming cash, days to sell."""

from analytics_platform.report import analysis_rows as kinds
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, Told, bars, instrument, money, number, rate, status, word
from analytics_platform.report.data import ReportData
from analytics_platform.report.figures import total
from analytics_platform.report.format import words

_DIMENSIONS = ("asset_class", "sector", "country", "currency")
_INCOMPLETE = "a value in it is missing"


def delta_exposures(data: ReportData, key: str) -> list[Grid]:
    """Exposures with options at delta times the underlying and futures at what they stand for."""
    found = analysis(data, "delta_exposures", kinds.DeltaRow, key)
    absent = absence(data, "delta_exposures")
    present = [name for name in _DIMENSIONS if any(r.dimension == name for r in found)]
    others = sorted({r.dimension for r in found} - set(_DIMENSIONS))
    grids = []
    for name in [*present, *others]:
        own = sorted(
            (r for r in found if r.dimension == name), key=lambda r: (-(r.net_base or 0.0), r.bucket or "")
        )
        drawn = bars([r.weight_rate for r in own], [f"{words(r.bucket)}: delta weight" for r in own])
        lines = [
            [
                word(words(r.bucket)),
                drawn[n],
                money(r.gross_base, r.reason),
                money(r.net_base, r.reason),
                rate(r.weight_rate, r.reason),
            ]
            for n, r in enumerate(own)
        ]
        grids.append(
            Grid(
                f"At delta, by {words(name).lower()}",
                "options at delta times the underlying, futures at contract value",
                (words(name), "", "Gross", "Net", "Weight"),
                lines,
                [Told(f"Delta exposure to {words(r.bucket)}", r.status, r.reason) for r in own],
            )
        )
    return grids or [Grid("Exposures at delta", "", (), [], absent=absent)]


def cash_flows(data: ReportData, key: str) -> Grid:
    """Coupons, redemptions and dividends to come, the soonest first."""
    found = analysis(data, "cash_flow_ladder", kinds.LadderRow, key)
    found.sort(key=lambda r: (r.bucket_order, r.currency, r.kind))
    drawn = bars([r.amount_base for r in found], [f"{r.bucket}: {r.kind}" for r in found])
    lines = [
        [
            word(r.bucket),
            word(words(r.kind)),
            word(r.currency),
            drawn[n],
            money(r.amount_local, r.reason),
            money(r.amount_base, r.reason),
            status(r.status, r.reason),
        ]
        for n, r in enumerate(found)
    ]
    sums = money(total(r.amount_base for r in found), _INCOMPLETE)
    empty = [word("")]
    return Grid(
        "Cash to come",
        "of what is held now; local is in the currency of the flow",
        ("Due in", "What", "Currency", "", "Local", "Base", "Status"),
        lines,
        [Told(f"{words(r.kind)} in {r.currency}, {r.bucket}", r.status, r.reason) for r in found],
        [word("All"), *empty * 4, sums, *empty] if lines else (),
        is_wide=True,
        text=("What", "Currency"),
        absent=absence(
            data, "cash_flow_ladder", "Nothing to show: no coupon, redemption or dividend is due."
        ),
    )


def liquidity(data: ReportData, key: str) -> Grid:
    """Days that selling a position would take, the longest first."""
    found = analysis(data, "liquidity", kinds.LiquidityRow, key)
    found.sort(key=lambda r: (r.days_to_liquidate is None, -(r.days_to_liquidate or 0.0), r.instrument_id))
    lines = [
        [
            instrument(data.names, r.instrument_id),
            money(r.quantity, r.reason),
            money(r.average_daily_volume, r.reason),
            number(r.days_to_liquidate, r.reason),
            status(r.status, r.reason),
        ]
        for r in found
    ]
    return Grid(
        "Days to liquidate",
        "at a fifth of the average daily volume, unless the settings say otherwise; the slowest first",
        ("Instrument", "Quantity", "Average daily volume", "Days", "Status"),
        lines,
        [Told(f"Liquidity of {r.instrument_id}", r.status, r.reason) for r in found],
        is_wide=True,
        absent=absence(data, "liquidity"),
    )
