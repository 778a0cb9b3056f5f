"""Before publication: what the lake says against a delivery, and what becomes of one that is refused."""

from decimal import Decimal
from pathlib import Path

import pytest

from analytics_platform.storage.intake.intake import Intake, IntakeError
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.contract import Table
from analytics_platform.tables.market import FX_RATES, PRICES
from analytics_platform.tables.reference import CURRENCIES, INSTRUMENTS, PORTFOLIOS
from analytics_platform_tests.defs.landed import land

RATES = "business_date,base_currency,quote_currency,rate\n"
TREE = "portfolio_id,parent_portfolio_id,name,base_currency,benchmark_id,strategy,inception_date\n"
BANK, RIVAL = "fx_rates/bank_2013-02-28.csv", "fx_rates/rival_2013-02-27_2013-02-28.csv"
OFFICE = "portfolios/office_2013-02-28.csv"


def _books(*rows: str) -> str:
    """Return portfolios from "name" or "name below parent"."""
    lines = [
        f"{name},{parent},{name},EUR,,mixed,2012-01-02"
        for name, _, parent in (row.partition(" below ") for row in rows)
    ]
    return TREE + "\n".join(lines) + "\n"


def _refused(intake: Intake, table: Table) -> str:
    outcome = intake.load(table, "run")
    assert outcome.loaded == 0
    (refusal,) = outcome.refused
    return refusal


def test_a_failing_audit_leaves_the_lake_as_it_was_and_the_file_in_quarantine(intake: Intake) -> None:
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n2013-02-28,EUR,USD,1.31\n")
    assert intake.load(FX_RATES, "run").loaded == 1
    before = intake.lake.read(FX_RATES), intake.lake.deliveries()
    land(intake, BANK, RATES + "2013-02-28,EUR,CHF,1.22\n2013-02-28,EUR,USD,1.32\n")
    refusal = _refused(intake, FX_RATES)
    assert refusal.startswith(f"{BANK} was refused: row 3: 'rival' has delivered the same key in {RIVAL};")
    assert "business_date 2013-02-28, base_currency EUR, quote_currency USD" in refusal
    assert f"or have {RIVAL} delivered again without it" in refusal
    after = intake.lake.read(FX_RATES), intake.lake.deliveries()
    assert all(one.equals(other) for one, other in zip(before, after, strict=True))
    entry = intake.ledger.entry(BANK)
    assert entry is not None
    assert (entry.state, entry.rows_read) == (State.QUARANTINED, 2)
    kept = {path.name for path in intake.quarantine.kept(entry.version)}
    assert kept == {"bank_2013-02-28.csv", "report.json", "report.txt"}


def test_sources_that_share_names_but_no_key_are_both_loaded(intake: Intake) -> None:
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n")
    land(intake, BANK, RATES + "2013-02-28,EUR,USD,1.32\n")
    assert intake.load(FX_RATES, "run").loaded == 2


def test_a_key_that_its_source_has_given_up_is_free(intake: Intake) -> None:
    land(intake, RIVAL, RATES + "2013-02-28,EUR,USD,1.30\n")
    intake.load(FX_RATES, "run")
    land(intake, BANK, RATES + "2013-02-28,EUR,USD,1.32\n")
    _refused(intake, FX_RATES)
    land(intake, RIVAL, RATES + "2013-02-28,EUR,CHF,1.22\n")
    entry = intake.ledger.entry(BANK)
    assert entry is not None
    assert intake.ledger.requeue(entry.version)
    assert intake.load(FX_RATES, "run").refused != []  # put before the withdrawal, so taken before it
    assert intake.ledger.requeue(entry.version)
    assert intake.load(FX_RATES, "run").loaded == 1
    assert intake.lake.read(FX_RATES)["source"].sort().to_list() == ["bank", "rival"]


@pytest.mark.parametrize(
    ("rows", "told"),
    [
        pytest.param(
            ["TOP", "A below B", "B below C", "C below A"],
            "these portfolios hang below themselves: A below B below C below A",
            id="circle",
        ),
        pytest.param(
            ["TOP", "A below A"], "these portfolios hang below themselves: A below A", id="own parent"
        ),
        pytest.param(
            ["TOP", "A below NOBODY"],
            f"value 'NOBODY': no portfolio is called so, and portfolio 'A' of {OFFICE} hangs below it",
            id="unknown parent",
        ),
        pytest.param(["TOP", "A below TOP", "OTHER"], "the tree has 2 tops: OTHER, TOP", id="two tops"),
    ],
)
def test_portfolios_that_are_no_tree_are_refused(intake: Intake, rows: list[str], told: str) -> None:
    land(intake, OFFICE, _books(*rows))
    assert told in _refused(intake, PORTFOLIOS)
    assert intake.lake.read(PORTFOLIOS).is_empty()


def test_the_tree_is_that_of_all_sources(intake: Intake) -> None:
    land(intake, OFFICE, _books("TOP", "A below TOP"))
    land(intake, "portfolios/branch_2013-02-28.csv", _books("B below A"))
    assert intake.load(PORTFOLIOS, "run").loaded == 2
    land(intake, OFFICE, _books("TOP"))
    refusal = _refused(intake, PORTFOLIOS)
    assert "portfolio 'B' of portfolios/branch_2013-02-28.csv hangs below it" in refusal
    assert intake.lake.read(PORTFOLIOS).height == 3


def test_a_portfolio_of_two_sources_is_named(intake: Intake) -> None:
    land(intake, OFFICE, _books("TOP"))
    intake.load(PORTFOLIOS, "run")
    land(intake, "portfolios/branch_2013-02-28.csv", _books("TOP"))
    assert "it would count twice: portfolio_id TOP" in _refused(intake, PORTFOLIOS)


def test_odd_dates_and_unknown_names_are_told_and_loaded(intake: Intake) -> None:
    land(intake, "currencies/iso_2013-02-28.csv", "currency,name,minor_units\nEUR,Euro,2\n")
    intake.load(CURRENCIES, "run")
    key = "fx_rates/bank_2013-02-16_2013-02-19.csv"
    land(intake, key, RATES + "".join(f"2013-02-{day},EUR,USD,1.3\n" for day in (16, 18, 19)))
    outcome = intake.load(FX_RATES, "run")
    assert outcome.loaded == 1
    dates, currencies = sorted(outcome.notes, key=lambda note: "no sessions" not in note)
    assert "2013-02-16" in dates
    assert "2013-02-18" in dates
    assert "2013-02-19" not in dates.removeprefix(key)
    assert currencies == f"{key}: quote_currency names currencies that no reference data knows yet: USD"
    assert [(file.key, file.state, file.accepted) for file in outcome.files] == [(key, State.LOADED, 3)]


def test_a_source_is_held_to_its_own_calendar(intake: Intake) -> None:
    (intake.sources / "bank.toml").write_text('[fx_rates.audit]\ncalendar = "TARGET"\n')
    key = "fx_rates/bank_2013-02-16_2013-02-18.csv"
    land(intake, key, RATES + "2013-02-16,EUR,USD,1.3\n2013-02-18,EUR,USD,1.3\n")
    (note,) = intake.load(FX_RATES, "run").notes
    assert "2013-02-16 (Saturday)" in note
    assert "TARGET" in note
    assert "2013-02-18" not in note.removeprefix(key)  # a holiday in New York alone


def test_a_price_is_held_to_the_exchange_of_its_instrument(intake: Intake) -> None:
    head = "instrument_id,name,instrument_type,currency,multiplier,exchange_mic\n"
    land(intake, "instruments/office_2013-02-01.csv", head + "EQ_SONY,Sony,equity,JPY,1,XTKS\n")
    assert intake.load(INSTRUMENTS, "run").refused == []
    prices = "business_date,instrument_id,price_type,close_local,currency\n"
    rows = "".join(f"2013-02-{day},EQ_SONY,close,1400,JPY\n" for day in (11, 18))
    land(intake, "prices/vendor_2013-02-11_2013-02-18.csv", prices + rows)
    (note,) = [note for note in intake.load(PRICES, "run").notes if "session" in note]
    assert "XTKS: 2013-02-11 (holiday) for EQ_SONY" in note  # open in New York
    assert "2013-02-18 (" not in note  # closed in New York


def test_a_collapse_is_refused_where_the_source_is_held_to_a_share(intake: Intake) -> None:
    pairs = ["CHF", "GBP", "USD"]
    land(intake, RIVAL, RATES + "".join(f"2013-02-{day},EUR,{to},1\n" for day in (27, 28) for to in pairs))
    intake.load(FX_RATES, "run")
    dialect = intake.sources / "rival.toml"
    dialect.write_text('[fx_rates.audit]\nmin_rows_of_previous = "50%"\n')
    few = "".join(f"2013-02-27,EUR,{to},2\n" for to in pairs) + "2013-02-28,EUR,USD,2\n"
    land(intake, RIVAL, RATES + few)
    refusal = _refused(intake, FX_RATES)
    assert f"2013-02-28 has 1 rows where {RIVAL} has 3, less than 50 % of them" in refusal
    assert set(intake.lake.read(FX_RATES)["rate"]) == {Decimal(1)}
    dialect.unlink()
    (waiting,) = intake.ledger.entries(states=[State.QUARANTINED])
    assert intake.ledger.requeue(waiting.version)
    assert intake.load(FX_RATES, "again").loaded == 1


def test_a_fault_that_may_pass_keeps_no_other_file_out_and_ends_in_quarantine(
    intake: Intake, tmp_path: Path
) -> None:
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n")
    land(intake, BANK, RATES + "2013-02-28,EUR,USD,1.32\n")
    intake.observe()
    places = [tmp_path / "landing" / RIVAL, tmp_path / "landing" / ".versions" / RIVAL]
    for number, place in enumerate(places):
        place.rename(tmp_path / f"gone_{number}")
    with pytest.raises(IntakeError, match=f"1 files .* owed still:\n{RIVAL}: FileNotFoundError"):
        intake.load(FX_RATES, "run-1")
    assert [str(rate) for rate in intake.lake.read(FX_RATES)["rate"]] == ["1.32000000"]
    for run in ("run-2", "run-3"):
        with pytest.raises(IntakeError):
            intake.load(FX_RATES, run)
    entry = intake.ledger.entry(RIVAL)
    assert entry is not None
    assert entry.state is State.QUARANTINED
    assert (entry.message or "").startswith("gave up after 3 attempts: FileNotFoundError")
    for number, place in enumerate(places):
        (tmp_path / f"gone_{number}").rename(place)
    assert intake.ledger.requeue(entry.version)
    assert intake.load(FX_RATES, "run-4").loaded == 1
