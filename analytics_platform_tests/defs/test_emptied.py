"""Before publication: no file puts nothing in the place of good rows, or a constant in that of a column."""

from datetime import date
from decimal import Decimal

from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.ledger.ledger import State
from analytics_platform.tables.contract import Table
from analytics_platform.tables.market import FX_RATES
from analytics_platform.tables.reference import CURRENCIES
from analytics_platform_tests.defs.landed import land

RATES = "business_date,base_currency,quote_currency,rate\n"
BANK, RIVAL = "fx_rates/bank_2013-02-28.csv", "fx_rates/rival_2013-02-27_2013-02-28.csv"


def _refused(intake: Intake, table: Table) -> str:
    outcome = intake.load(table, "run")
    assert outcome.loaded == 0
    (refusal,) = outcome.refused
    return refusal


def test_a_file_of_wrong_rows_alone_takes_no_good_date_away(intake: Intake) -> None:
    (intake.sources / "bank.toml").write_text("[fx_rates]\nmax_rejected_rows = 2\n")
    land(intake, BANK, RATES + "2013-02-28,EUR,USD,1.32\n")
    assert intake.load(FX_RATES, "run").loaded == 1
    land(intake, BANK, RATES + "2013-02-28,EUR,USD,=1+1\n")
    refusal = _refused(intake, FX_RATES)
    assert "no row of the file is right: 1 were rejected and none accepted" in refusal
    assert "row 2, column 'rate', value '=1+1'" in refusal
    assert intake.lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.32")]
    entry = intake.ledger.entry(BANK)
    assert entry is not None
    assert (entry.state, entry.rows_read) == (State.QUARANTINED, 1)
    assert "rejected.csv" in {path.name for path in intake.quarantine.kept(entry.version)}


def test_a_file_without_rows_takes_rows_away_only_where_the_source_may(intake: Intake) -> None:
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n2013-02-28,EUR,USD,1.31\n")
    land(intake, BANK, RATES + "2013-02-28,EUR,CHF,1.22\n")
    assert intake.load(FX_RATES, "run").loaded == 2
    land(intake, RIVAL, RATES)
    refusal = _refused(intake, FX_RATES)
    assert f"{RIVAL} has no row, and these would go for it: 2 rows of {RIVAL}. Deliver the rows" in refusal
    assert "say may_be_empty = true in [fx_rates.audit] of sources/rival.toml and release" in refusal
    assert intake.lake.read(FX_RATES).height == 3
    (intake.sources / "rival.toml").write_text("[fx_rates.audit]\nmay_be_empty = true\n")
    (waiting,) = intake.ledger.entries(states=[State.QUARANTINED])
    assert intake.ledger.requeue(waiting.version)
    assert intake.load(FX_RATES, "again").loaded == 1
    assert intake.lake.read(FX_RATES)["source"].to_list() == ["bank"]


def test_a_file_without_rows_over_several_files_names_them(intake: Intake) -> None:
    days = [date(2013, 2, day) for day in range(18, 23)]
    for place, day in enumerate(days):
        pairs = ["USD", "CHF"] if place == 0 else ["USD"]
        rows = "".join(f"{day},EUR,{to},1.3\n" for to in pairs)
        land(intake, f"fx_rates/bank_{day}.csv", RATES + rows)
    assert intake.load(FX_RATES, "run").loaded == len(days)
    land(intake, "fx_rates/bank_2013-02-18_2013-02-22.csv", RATES)
    refusal = _refused(intake, FX_RATES)
    assert "these would go for it: 2 rows of fx_rates/bank_2013-02-18.csv, 1 rows of" in refusal
    assert "2 rows of 2 other files" in refusal


def test_a_file_without_rows_is_loaded_where_nothing_goes_for_it(intake: Intake) -> None:
    land(intake, BANK, RATES)
    land(intake, RIVAL, RATES + "2013-02-28,EUR,USD,1.31\n")
    assert intake.load(FX_RATES, "run").loaded == 2
    land(intake, "fx_rates/rival_2013-02-27.csv", RATES)  # before the only date that has rows
    assert intake.load(FX_RATES, "run").loaded == 1
    assert intake.lake.read(FX_RATES).height == 1


def test_a_date_without_rows_in_a_file_with_others_is_taken_back(intake: Intake) -> None:
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n2013-02-28,EUR,USD,1.31\n")
    intake.load(FX_RATES, "run")
    land(intake, RIVAL, RATES + "2013-02-28,EUR,USD,1.31\n")
    assert intake.load(FX_RATES, "run").loaded == 1
    assert intake.lake.read(FX_RATES).height == 1


def test_a_date_whose_rows_were_all_rejected_keeps_what_it_had(intake: Intake) -> None:
    (intake.sources / "rival.toml").write_text("[fx_rates]\nmax_rejected_rows = 2\n")
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.30\n2013-02-28,EUR,USD,1.31\n")
    intake.load(FX_RATES, "run")
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,wrong\n2013-02-28,EUR,USD,1.32\n")
    refusal = _refused(intake, FX_RATES)
    assert "1 rows were rejected, and for dates without a right row these would go: 1 rows of" in refusal
    assert intake.lake.read(FX_RATES)["rate"].to_list() == [Decimal("1.30"), Decimal("1.31")]
    land(intake, RIVAL, RATES + "2013-02-27,EUR,USD,1.29\n2013-02-27,EUR,CHF,-\n2013-02-28,EUR,USD,1.32\n")
    assert intake.load(FX_RATES, "run").loaded == 1  # one wrong row, and every date has a right one


def test_rows_of_a_newer_file_do_not_go_for_a_late_one_without_rows(intake: Intake) -> None:
    land(intake, RIVAL, RATES)
    land(intake, "fx_rates/rival_2013-02-28.csv", RATES + "2013-02-28,EUR,USD,1.31\n")
    intake.observe()
    held = [entry for entry in intake.ledger.entries(states=[State.SEEN]) if entry.version.key == RIVAL]
    assert intake.ledger.claim(held[0].version, "held back")
    assert intake.load(FX_RATES, "run").loaded == 1
    assert intake.ledger.fail(held[0].version, "let go", run_id="held back") is State.SEEN
    assert intake.load(FX_RATES, "run").loaded == 1
    assert intake.lake.read(FX_RATES).height == 1
    assert intake.lake.deliveries().height == 2


def test_a_snapshot_without_rows_does_not_replace_one_with_rows(intake: Intake) -> None:
    head = "currency,name,minor_units\n"
    first, second = "currencies/iso_2013-02-27.csv", "currencies/iso_2013-02-28.csv"
    land(intake, first, head + "EUR,Euro,2\nUSD,Dollar,2\n")
    assert intake.load(CURRENCIES, "run").loaded == 1
    land(intake, second, head)
    refusal = _refused(intake, CURRENCIES)
    assert f"{second} has no row, and these would go for it: 2 rows of {first}" in refusal
    assert intake.lake.read(CURRENCIES).height == 2


def test_a_constant_does_not_override_a_column_of_the_file(intake: Intake) -> None:
    (intake.sources / "bank.toml").write_text('[fx_rates.constants]\nquote_currency = "USD"\n')
    land(intake, BANK, RATES + "2013-02-28,EUR,CHF,1.22\n")
    assert "the constant 'USD' for quote_currency, and the file has a column" in _refused(intake, FX_RATES)
    text = '[fx_rates]\nignore_columns = ["quote_currency"]\nconstants = { quote_currency = "USD" }\n'
    (intake.sources / "bank.toml").write_text(text)
    (waiting,) = intake.ledger.entries(states=[State.QUARANTINED])
    assert intake.ledger.requeue(waiting.version)
    outcome = intake.load(FX_RATES, "again")
    assert outcome.loaded == 1
    assert not [note for note in outcome.notes if "is not used" in note]
    assert intake.lake.read(FX_RATES)["quote_currency"].to_list() == ["USD"]
