"""A correction through the real chain: the first report stays, and the difference is told with its cause."""

import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from analytics_platform.calendars.moments import written
from analytics_platform.storage.published.serving import ServingStore
from analytics_platform.storage.published.versions import Version
from analytics_platform_tests.integration.conftest import Demo, Installation, installation

DAY, EARLIER = "2013-03-01", "2013-02-28"
CLOSES = {EARLIER: ("441.4", "442.4"), DAY: ("430.47", "431.47")}
"""Close of AAPL, as it was delivered and as it is corrected: a dollar more."""


@dataclass(frozen=True)
class Restated:
    """An installation on which one price was corrected and one session computed anew.

    Attributes
    ----------
    at : Installation
        The installation.
    reports : dict of str to str
        What commands printed before the correction.
    first, second : Version
        What was published before and after.
    """

    at: Installation
    reports: dict[str, str]
    first: Version
    second: Version

    def read(self, name: str, version: Version) -> pl.DataFrame:
        """Return a table of a version."""
        return self.store.table(version, name)

    @property
    def store(self) -> ServingStore:
        """The published versions."""
        return ServingStore(self.at.settings.serving)


EXPLAIN = ("explain", "--portfolio", "GLOBAL", "--date", DAY, "--metric")
COMMANDS = {
    "report": ("report",),
    "report of one": ("report", "--portfolio", "EQ_US", "--date", DAY),
    "nav": (*EXPLAIN, "nav"),
    "var": (*EXPLAIN, "var_99"),
}


@pytest.fixture(scope="module")
def restated(demo: Demo, tmp_path_factory: pytest.TempPathFactory) -> Restated:
    """Correct the price of one share on the last two sessions; compute the last one anew."""
    at = installation(tmp_path_factory.mktemp("restated") / "home")
    shutil.copytree(demo.at.settings.home, at.settings.home)
    store = ServingStore(at.settings.serving)
    first = store.at()
    reports = {name: _printed(at, *command) for name, command in COMMANDS.items()}
    folder = tmp_path_factory.mktemp("files") / "prices"
    folder.mkdir()
    for day in (EARLIER, DAY):
        name = f"exchange_{day}.csv"
        (file,) = at.settings.sample_data.rglob(f"prices/{name}")
        was, now = CLOSES[day]
        text = file.read_text("utf-8")
        assert text.count(f",{was},1") == 1
        (folder / name).write_text(text.replace(f",{was},1", f",{now},1"), "utf-8")
        assert at.run("land", str(folder / name)).returncode == 0
    done = at.run("backfill", "--from", DAY, "--to", DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    return Restated(at, reports, first, store.at())


def _printed(at: Installation, *command: str) -> str:
    done = at.run(*command)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_as_known_then_every_command_prints_what_it_printed_then(restated: Restated) -> None:
    then = written(restated.first.published_at)
    for name, command in COMMANDS.items():
        assert _printed(restated.at, *command, "--as-known-at", then) == restated.reports[name]
        assert _printed(restated.at, *command) != restated.reports[name]


def test_the_first_version_is_still_there_bit_for_bit(demo: Demo, restated: Restated) -> None:
    untouched = demo.at.settings.serving
    for parts in restated.first.tables.values():
        for part in parts:
            name = Path("objects", f"{part.sha256}.parquet")
            assert (restated.store.root / name).read_bytes() == (untouched / name).read_bytes()
    manifest = Path("versions", f"{restated.first.name}.json")
    assert (restated.store.root / manifest).read_bytes() == (untouched / manifest).read_bytes()


def test_months_that_did_not_change_are_shared(restated: Restated) -> None:
    for name in ("portfolio_risk", "positions", "returns", "exposures"):
        before, after = (version.tables[name] for version in (restated.first, restated.second))
        assert before[:-1] == after[:-1]
        assert before[-1] != after[-1]


def test_the_difference_names_the_row_and_the_results_with_their_cause(restated: Restated) -> None:
    code, found = _diff(restated, DAY)
    assert code == 1
    row = f"prices/exchange_{DAY}.csv, row 2"
    assert [each["File"] for each in found["deliveries"]] == [
        f"prices/exchange_{day}.csv" for day in (EARLIER, DAY)
    ]
    assert [tuple(each.values()) for each in found["inputs"]] == [
        (
            *("prices", f"{day} EQ_AAPL close exchange", "close_local", f"{was}{zeros}", f"{now}{zeros}"),
            *(f"prices/exchange_{day}.csv, row 2",) * 2,
        )
        for (day, (was, now)), zeros in zip(CLOSES.items(), ("0000000", "000000"), strict=True)
    ]
    assert found["waiting"] == found["settings"] == []
    values = {
        (each["Portfolio"], each["Column"]): each
        for each in found["results"]
        if each["Table"] == "portfolio_risk"
    }
    held = restated.read("position_values", restated.second).filter(
        pl.col("business_date").cast(pl.String) == DAY, pl.col("instrument_id") == "EQ_AAPL"
    )
    quantity = dict(held.select("portfolio_id", pl.col("quantity").cast(pl.Float64)).iter_rows())
    assert float(values["EQ_US", "nav_base"]["Difference"]) == pytest.approx(quantity["EQ_US"])
    total = quantity["EQ_US"] + quantity["EQ_EUR"]
    assert float(values["GLOBAL", "nav_base"]["Difference"]) == pytest.approx(total)
    assert ("UST_LADDER", "nav_base") not in values
    assert values["GLOBAL", "nav_base"]["Because"] == row
    both = f"prices/exchange_{EARLIER}.csv, row 2; {row}"
    assert values["GLOBAL", "day_return_rate"]["Because"] == both
    changed = {column for portfolio, column in values if portfolio == "GLOBAL"}
    assert {"var_99_base", "es_975_base", "ytd_return_rate"} <= changed
    assert "day_pnl_base" not in changed, "both sessions are a dollar higher"
    assert all(row in each["Because"] for each in found["results"])


def test_a_correction_that_waits_for_a_backfill_is_told(restated: Restated) -> None:
    code, found = _diff(restated, EARLIER)
    assert code == 1
    assert found["results"] == found["inputs"] == []
    (waiting,) = found["waiting"]
    assert (waiting["Old"], waiting["New"]) == ("441.40000000", "442.40000000")


def test_a_period_whose_profits_no_longer_lead_to_its_value_says_so(restated: Restated) -> None:
    wanted = pl.col("business_date").cast(pl.String) == DAY, pl.col("period") == "year"
    rows = restated.read("period_returns", restated.second).filter(*wanted, portfolio_id="EQ_US")
    assert rows["status"].to_list() == ["warning"]
    assert "profits of EQ_US do not lead to its net asset value" in rows["reason"][0]
    before = restated.read("period_returns", restated.first).filter(*wanted, portfolio_id="EQ_US")
    assert "do not lead" not in (before["reason"][0] or "")


def test_a_portfolio_that_nothing_touched_does_not_differ(restated: Restated) -> None:
    held = restated.read("portfolio_risk", restated.first).filter(pl.col("portfolio_id") == "UST_LADDER")
    assert held.height
    first, second = (restated.read("positions", version) for version in (restated.first, restated.second))
    ladder = pl.col("portfolio_id") == "UST_LADDER"
    assert first.filter(ladder).equals(second.filter(ladder))


def test_a_moment_with_itself_has_no_difference(restated: Restated) -> None:
    now = written(restated.second.published_at)
    done = restated.at.run("diff", "--date", DAY, "--from", now, "--to", now)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Results that changed: none" in done.stdout


@pytest.mark.parametrize("portfolio", ["GLOBAL", "EQUITY", "EQ_EUR", "UST_LADDER", "OPT_OVERLAY"])
def test_the_rows_of_the_files_give_every_net_asset_value(restated: Restated, portfolio: str) -> None:
    chain = _explained(restated, portfolio, "nav")
    risk = restated.read("portfolio_risk", restated.second).filter(
        pl.col("business_date").cast(pl.String) == DAY, pl.col("portfolio_id") == portfolio
    )
    held = chain["root"]["links"][0]
    total = sum(float(position["value"]) for leaf in held["links"] for position in leaf["links"])
    assert total == pytest.approx(float(risk["nav_base"][0]), abs=0.005)
    for leaf in held["links"]:
        for position in leaf["links"]:
            assert position["origin"]["uri"] == f"positions/fund-admin_{DAY}.xlsx"
            assert position["origin"]["sheet"] == "Holdings"
            assert position["origin"]["row_number"] >= 2


@pytest.mark.slow
def test_every_metric_of_every_portfolio_can_be_explained(restated: Restated) -> None:
    for portfolio in ("GLOBAL", "EQ_EUR", "OPT_OVERLAY", "UST_LADDER"):
        for metric in (
            "day_pnl",
            "day_return",
            "mtd",
            "ytd",
            "benchmark_ytd",
            "var_95",
            "es_97_5",
            "worst_stress_pnl",
        ):
            assert _explained(restated, portfolio, metric)["is_whole"], (portfolio, metric)


@pytest.mark.slow
def test_a_second_run_over_the_same_files_publishes_the_same_objects(restated: Restated) -> None:
    done = restated.at.run("backfill", "--from", DAY, "--to", DAY)
    assert done.returncode == 0, done.stdout + done.stderr
    third = restated.store.at()
    assert third.name != restated.second.name
    assert third.tables.keys() == restated.second.tables.keys()
    differing = [name for name, parts in third.tables.items() if parts != restated.second.tables[name]]
    assert set(differing) <= {"runs"}


@pytest.mark.parametrize(
    ("command", "message"),
    [
        pytest.param(("report", "--as-known-at", "2013-03-01T18:00:00"), "has no time zone", id="no zone"),
        pytest.param(
            ("report", "--as-known-at", "2013-03-01T18:00:00Z"), "the first version is of", id="early"
        ),
        pytest.param((*EXPLAIN, "net"), "there is no metric 'net'; known are nav_base", id="metric"),
        pytest.param(
            ("explain", "--portfolio", "EQ_USA", "--date", DAY, "--metric", "nav"),
            "there is no portfolio EQ_USA",
            id="portfolio",
        ),
        pytest.param(
            ("diff", "--date", DAY, "--from", "2030-01-02T00:00Z", "--to", "2030-01-01T00:00Z"),
            "give the earlier moment first",
            id="reversed",
        ),
    ],
)
def test_a_question_without_an_answer_is_refused(demo: Demo, command: tuple[str, ...], message: str) -> None:
    done = demo.at.run(*command)
    assert done.returncode == 2, done.stdout + done.stderr
    assert message in " ".join(done.stdout.split())


def _diff(of: Restated, day: str) -> tuple[int, dict[str, list[dict[str, str]]]]:
    moments = (written(version.published_at) for version in (of.first, of.second))
    first, second = moments
    done = of.at.run("diff", "--date", day, "--from", first, "--to", second, "--json")
    return done.returncode, json.loads(done.stdout)


def _explained(of: Restated, portfolio: str, metric: str) -> Mapping[str, Any]:
    done = of.at.run("explain", "--portfolio", portfolio, "--date", DAY, "--metric", metric, "--json")
    assert done.returncode == 0, done.stdout + done.stderr
    found: Mapping[str, Any] = json.loads(done.stdout)
    return found
