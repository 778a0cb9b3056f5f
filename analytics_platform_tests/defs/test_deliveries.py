"""What a load tells: the files with their counts, what is odd about them, never more than one can read."""

from pathlib import Path

import dagster as dg

from analytics_platform.defs.ingestion.deliveries import ASSETS, CHECK, SHOWN, load_metadata
from analytics_platform.defs.resources import intake_resource
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.outcome import FileOutcome, Outcome
from analytics_platform.storage.landing.zone import DiskLandingZone
from analytics_platform.storage.ledger.ledger import State

HEADER = "ex_date,instrument_id,action_type,ratio,amount_local,currency\n"
SATURDAY, SUNDAY = "2013-02-23", "2013-02-24"


def _land(of: Settings, name: str, *rows: str) -> None:
    upload = of.home / "upload"
    upload.write_text(HEADER + "".join(f"{row}\n" for row in rows))
    DiskLandingZone(Path(of.landing_url)).put(f"corporate_actions/{name}", upload)


def _load(of: Settings) -> tuple[dict[str, str], dict[str, str], bool]:
    """Materialize; return the metadata of the table, that of its check, and whether it passed."""
    (asset,) = (asset for asset in ASSETS if asset.key.path[-1] == "corporate_actions")
    result = dg.materialize([asset], resources={"intake": intake_resource(of)})
    assert result.success
    (materialization,) = result.asset_materializations_for_node(asset.node_def.name)
    (check,) = result.get_asset_check_evaluations()
    assert check.check_name == CHECK
    told, checked = (
        {name: str(value.value) for name, value in metadata.items()}
        for metadata in (materialization.metadata, check.metadata)
    )
    return told, checked, check.passed


def test_a_sender_that_delivers_on_days_without_a_session_is_told_so(tmp_path: Path) -> None:
    of = Settings(home=tmp_path, sources=tmp_path)
    _land(of, f"vendor_{SATURDAY}_{SUNDAY}.csv", f"{SATURDAY},EQ_A,split,2,,", f"{SUNDAY},EQ_B,split,2,,")
    told, checked, passed = _load(of)
    assert passed, "odd, but no reason to refuse anything"
    assert SATURDAY in told["notes"]
    assert "no sessions of XNYS" in told["notes"]
    assert checked["notes"] == told["notes"]
    name = f"corporate_actions/vendor_{SATURDAY}_{SUNDAY}.csv"
    assert f"| {name} | loaded | 2 | 0 | 0 |" in told["files"]


def test_of_many_files_the_refused_ones_are_named_first_and_the_rest_is_counted() -> None:
    files = [FileOutcome(f"prices/v{number:03}.csv", State.LOADED, accepted=1_000) for number in range(SHOWN)]
    files += [
        FileOutcome("prices/some.csv", State.LOADED, accepted=7, rejected=2, ignored=1),
        FileOutcome("prices/refused.csv", State.QUARANTINED, rejected=3),
    ]
    told = load_metadata(Outcome(files=files, notes=[f"note {number}" for number in range(SHOWN + 1)]))
    lines = str(told["files"].value).splitlines()
    assert lines[2:5] == [
        "| prices/refused.csv | quarantined | 0 | 3 | 0 |",
        "| prices/some.csv | loaded | 7 | 2 | 1 |",
        "| prices/v000.csv | loaded | 1,000 | 0 | 0 |",
    ]
    assert sum(line.startswith("| prices/") for line in lines) == SHOWN
    assert lines[-1] == "and 2 more"
    assert str(told["notes"].value).splitlines()[-1] == "- and 1 more"
    assert load_metadata(Outcome())["files"].value == "none"
