"""The page of data quality: every check with what it found, what is stale or missing, breaks and refusals."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import polars as pl
from markupsafe import Markup

from analytics_platform.report import charts
from analytics_platform.report import check_rows as checks
from analytics_platform.report.analyses import absence, analysis
from analytics_platform.report.cells import Grid, instrument, money, state, status, word
from analytics_platform.report.data import DeliveryRow, PositionRow, RejectionRow, ReportData, rows
from analytics_platform.report.format import DASH, day, words
from analytics_platform.report.panels import Panel
from analytics_platform.report.quality_rules import CHECKS, COVERAGE, VOLATILITY, Check

TABLE = "data_quality_findings"
SESSIONS = 60
SHOWN = 60
_STALE = ("stale_price",)
_MISSING = ("missing_price", "missing_fx_rate")
_RANGE = (0.01, 3.0)
_FINE = "Nothing found in this session."
_WORDS = (
    *("Check", "Severity", "Portfolio", "Instrument", "What was found", "What is missing", "Ours", "Theirs"),
    *("State", "Message to the sender", "Sheet", "Table"),
)
"""Columns that hold words."""


def quality_panels(data: ReportData) -> list[Panel]:
    """Put the page together, the summary first."""
    found = analysis(data, TABLE, checks.FindingRow, history=True)
    today = [row for row in found if row.business_date == data.session]
    return [
        Panel("checks", "Checks", [_summary(data, found)]),
        Panel("findings", "Findings of the session", [_details(data, today)]),
        Panel("stale", "Stale and missing", [_stale(data, found), _missing(data, today)]),
        Panel("breaks", "Reconciliation breaks", [_breaks(data)]),
        Panel("refused", "Refused files and rejected rows", [_refused(data), _rejected(data)]),
        Panel("recent", "Findings of the sessions before", [_before(data, found)]),
    ]


def _summary(data: ReportData, found: Sequence[checks.FindingRow]) -> Grid:
    days = sorted(set(data.returns["business_date"].to_list()))
    sessions = [each for each in days if data.session is None or each <= data.session][-SESSIONS:]
    counts: Counter[tuple[str, date | None]] = Counter((row.check_name, row.business_date) for row in found)
    counts.update((VOLATILITY.name, row) for row in _odd_volatilities(data))
    worst = {
        row.check_name: row.severity for row in sorted(found, key=lambda row: row.severity, reverse=True)
    }
    known = {check.name for check in CHECKS}
    others = [
        Check(name, worst[name], "A check that this page does not know.", "See the message of the finding.")
        for name in sorted({row.check_name for row in found} - known)
    ]
    told = sorted((row.severity, row.check_name) for row in found if row.business_date == data.session)
    today = {name: severity for severity, name in reversed(told)}
    lines = [
        _line(data, replace(check, severity=today.get(check.name, check.severity)), counts, sessions)
        for check in (*CHECKS, *others)
    ]
    return Grid(
        "What was looked for",
        f"trend and total over the last {len(sessions)} sessions; an error makes figures wrong or missing, "
        "a warning wants a look",
        ("Check", "Severity", "This session", "Total", "Trend", "What it means", "What cures it"),
        lines,
        is_wide=True,
        text=("Severity", "This session", "What it means", "What cures it"),
    )


def _line(
    data: ReportData, check: Check, counts: Counter[tuple[str, date | None]], sessions: Sequence[date]
) -> list[Markup]:
    title, told = word(words(check.name).replace(" fx ", " FX ")), [_prose(check.means), _prose(check.cure)]
    if not _is_computed(data, check):
        nothing = word(DASH)
        shown = _judged("not computed", "missing") + Markup("<br><small>{}</small>").format(_why_not(check))
        return [title, status(check.severity), shown, nothing, nothing, *told]
    values = [float(counts[check.name, each]) for each in sessions]
    now = int(counts[check.name, data.session])
    shown = _judged(str(now), check.severity) if now else _judged("nothing found", "ok")
    trend = (
        charts.sparkline(values, f"{words(check.name)}: findings by session") if any(values) else word(DASH)
    )
    return [title, status(check.severity), shown, money(sum(values)), trend, *told]


def _is_computed(data: ReportData, check: Check) -> bool:
    if check.name == COVERAGE.name:
        return False  # scenario vectors are not published; the check of the run tells it
    return ("instrument_valuations" if check.name == VOLATILITY.name else TABLE) in data.analyses


def _why_not(check: Check) -> str:
    if check.name == COVERAGE.name:
        return "scenarios are not published; the check of the run tells it"
    return "this version was published without the table"


def _odd_volatilities(data: ReportData) -> list[date]:
    """Sessions of the options whose volatility is out of the range, one for each."""
    frame = data.analyses.get("instrument_valuations")
    if frame is None or data.session is None:
        return []
    is_odd = ~pl.col("implied_volatility").cast(pl.Float64).is_between(*_RANGE)
    return frame.filter(is_odd, pl.col("business_date") <= data.session)["business_date"].to_list()


def _judged(text: str, css_class: str) -> Markup:
    return Markup('<span class="state {}">{}</span>').format(css_class, text)


def _prose(text: str) -> Markup:
    return Markup('<span class="prose">{}</span>').format(text)


def _details(data: ReportData, today: Sequence[checks.FindingRow]) -> Grid:
    order = sorted(today, key=lambda row: (row.severity, row.check_name, row.message or ""))
    head = ("Check", "Severity", "Portfolio", "Instrument", "What was found")
    lines = [_finding(data, row) for row in order]
    return Grid(
        "All findings",
        "errors first",
        head,
        lines,
        is_wide=True,
        text=_WORDS,
        absent=absence(data, TABLE, _FINE),
    )


def _finding(data: ReportData, row: checks.FindingRow) -> list[Markup]:
    return [
        word(words(row.check_name)),
        state(row.severity),
        word(row.portfolio_id),
        instrument(data.names, row.instrument_id) if row.instrument_id else word(""),
        _prose(row.message or ""),
    ]


def _stale(data: ReportData, found: Sequence[checks.FindingRow]) -> Grid:
    own = [row for row in found if row.check_name in _STALE and row.business_date == data.session]
    lines = [
        [
            instrument(data.names, row.instrument_id or ""),
            money(row.value, "the finding tells no number"),
            _prose(row.message or ""),
        ]
        for row in own
    ]
    head = ("Instrument", "Sessions", "What was found")
    return Grid(
        "Stale prices",
        "unchanged and not traded",
        head,
        lines,
        text=_WORDS,
        absent=absence(data, TABLE, _FINE),
    )


def _missing(data: ReportData, today: Sequence[checks.FindingRow]) -> Grid:
    lines = [
        [
            instrument(data.names, row.instrument_id or ""),
            word(row.portfolio_id),
            _prose(row.message or ""),
        ]
        for row in today
        if row.check_name in _MISSING
    ]
    held = data.positions.filter(business_date=data.session, status="missing")
    told = {(own.instrument_id, own.reason or "") for own in rows(held, PositionRow)}
    known = {row.instrument_id for row in today if row.check_name in _MISSING}
    lines += [
        [instrument(data.names, instrument_id), word(""), _prose(reason)]
        for instrument_id, reason in sorted(told)
        if instrument_id not in known
    ]
    head = ("Instrument", "Portfolio", "What is missing")
    note = "positions of the session without a value, and why"
    return Grid("Missing prices, rates and values", note, head, lines, text=_WORDS, absent=_FINE)


def _breaks(data: ReportData) -> Grid:
    own = analysis(data, "reconciliation_breaks", checks.BreakRow)
    own.sort(key=lambda row: (not row.is_over_tolerance, -abs(row.difference_base or 0.0)))
    lines = [
        [
            word(words(row.check_name)),
            word(row.portfolio_id),
            instrument(data.names, row.instrument_id) if row.instrument_id else word(""),
            word(f"{words(row.left_name)} {words(row.column_name).lower()}"),
            money(row.left_value),
            word(words(row.right_name)),
            money(row.right_value),
            money(row.difference),
            money(row.difference_base),
            money(row.tolerance),
            state("error" if row.is_over_tolerance else "warning", _break_reason(row)),
        ]
        for row in own
    ]
    head = ("Check", "Portfolio", "Instrument", "Ours", "Value", "Theirs", "Value", "Difference")
    return Grid(
        "Breaks of the session",
        "figures that two books tell differently; base is the base currency of the portfolio",
        (*head, "In base", "Tolerance", "State"),
        lines,
        is_wide=True,
        text=_WORDS,
        absent=absence(data, "reconciliation_breaks", "No break: both books tell the same."),
    )


def _break_reason(row: checks.BreakRow) -> str:
    return "over tolerance" if row.is_over_tolerance else "within tolerance"


def _refused(data: ReportData) -> Grid:
    found = sorted(rows(data.rejections, RejectionRow), key=lambda row: (row.key, row.version_id))
    lines = [[_prose(row.key), word(row.state), _prose(row.message or "no message")] for row in found]
    head = ("File", "State", "Message to the sender")
    note = "quarantined files gave no row; a loaded file lacks some of its rows"
    return Grid("Files", note, head, lines, is_wide=True, text=_WORDS, absent="No file was refused.")


def _rejected(data: ReportData) -> Grid:
    found = [row for row in rows(data.deliveries, DeliveryRow) if row.rows_rejected]
    lines = [
        [
            _prose(row.uri),
            word(row.sheet),
            word(words(row.table_name)),
            money(row.rows_read),
            money(row.rows_accepted),
            money(row.rows_rejected),
        ]
        for row in sorted(found, key=lambda row: (row.table_name, row.known_at, row.uri))
    ]
    head = ("File", "Sheet", "Table", "Rows read", "Accepted", "Rejected")
    note = "the quarantine holds each row with its message; deliver the corrected rows"
    return Grid("Rejected rows", note, head, lines, is_wide=True, text=_WORDS, absent="No row was rejected.")


def _before(data: ReportData, found: Sequence[checks.FindingRow]) -> Grid:
    own = [row for row in found if row.business_date != data.session]
    own.sort(
        key=lambda row: (-row.business_date.toordinal(), row.severity, row.check_name, row.message or "")
    )
    lines = [[word(day(row.business_date)), *_finding(data, row)] for row in own[:SHOWN]]
    more = len(own) - len(lines)
    note = (
        f"the newest {len(lines)}; {more} older ones are in the published table" if more else "newest first"
    )
    head = ("Session", "Check", "Severity", "Portfolio", "Instrument", "What was found")
    return Grid(
        "Newest findings",
        note,
        head,
        lines,
        is_wide=True,
        text=_WORDS,
        absent=absence(data, TABLE, "Nothing found in the sessions before."),
    )
