"""The command line: what it prints, and its exit codes."""

import shutil
from pathlib import Path

import pytest

from analytics_platform_tests.integration.conftest import Demo, installation


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        pytest.param(["--from", "2013-03-01", "--to", "2013-02-28"], "the range is reversed", id="reversed"),
        pytest.param(
            ["--from", "2013-02-16", "--to", "2013-02-18"], "there is no session", id="a long weekend"
        ),
        pytest.param(
            ["--from", "1999-01-04", "--to", "1999-01-05"], "is before the first session", id="too early"
        ),
        pytest.param(["--from", "2036-01-02", "--to", "2036-01-03"], "covers", id="beyond the calendar"),
    ],
)
def test_a_backfill_over_impossible_sessions_is_refused(
    tmp_path: Path, arguments: list[str], message: str
) -> None:
    done = installation(tmp_path).run("backfill", *arguments)
    assert done.returncode == 2
    assert message in " ".join(done.stdout.split())
    assert not (tmp_path / "dagster").exists()


def test_a_date_that_does_not_exist_is_refused(tmp_path: Path) -> None:
    done = installation(tmp_path).run("report", "--date", "2013-02-30")
    assert done.returncode == 2
    assert "2013-02-30" in done.stderr


def test_a_report_before_the_first_run_says_what_to_do(tmp_path: Path) -> None:
    done = installation(tmp_path).run("report")
    assert done.returncode == 2
    assert "run `make demo` or `analytics backfill`" in " ".join(done.stdout.split())


def test_a_report_of_an_unknown_portfolio_names_the_known_ones(demo: Demo) -> None:
    done = demo.at.run("report", "--portfolio", "EQ_USA")
    assert done.returncode == 2
    assert "there is no portfolio EQ_USA; known are" in " ".join(done.stdout.split())


def test_a_report_of_a_session_without_numbers_says_which_there_are(demo: Demo) -> None:
    done = demo.at.run("report", "--date", "2012-01-03")
    assert done.returncode == 2
    assert "published are the sessions from 2012-12-04 to 2013-03-01" in " ".join(done.stdout.split())


def test_a_report_of_one_portfolio_shows_only_it(demo: Demo) -> None:
    done = demo.at.run("report", "--portfolio", "UST_LADDER", "--date", "2013-02-28")
    assert done.returncode == 0
    assert "UST_LADDER" in done.stdout
    assert "EQ_US " not in done.stdout


def test_a_file_whose_name_tells_nothing_is_landed_and_refused(tmp_path: Path) -> None:
    file = tmp_path / "positions.csv"
    file.write_text("a,b\n")
    at = installation(tmp_path / "home")
    done = at.run("land", str(file))
    assert done.returncode == 1
    assert "Rename it as in positions/custodian-a_2013-02-28.xlsx" in " ".join(done.stdout.split())
    assert any(Path(at.settings.landing_url).rglob("positions.csv"))


def test_the_doctor_finds_nothing_wrong_after_the_demo(demo: Demo) -> None:
    done = demo.at.run("doctor")
    assert done.returncode == 0, done.stdout
    assert "BAD" not in done.stdout
    assert "6 quarantined" in done.stdout


def test_the_doctor_says_how_to_cure_a_wrong_calendar(tmp_path: Path) -> None:
    at = installation(tmp_path)
    environment = {**at.environment(), "ANALYTICS_CALENDAR": "XXXX"}
    done = at.run("doctor", environment=environment)
    assert done.returncode == 1
    assert "unknown calendar 'XXXX'" in done.stdout


@pytest.mark.parametrize("select", ["key:nosuchasset", "key:(("])
def test_a_selection_that_names_nothing_is_refused(demo: Demo, select: str) -> None:
    done = demo.at.run("backfill", "--from", "2013-03-01", "--to", "2013-03-01", "--select", select)
    assert done.returncode == 2, done.stdout + done.stderr
    assert "names no asset" in done.stdout
    assert "Traceback" not in done.stdout + done.stderr


@pytest.mark.slow
def test_a_backfill_of_sessions_without_a_book_fails_and_leaves_the_report(
    tmp_path: Path, demo: Demo
) -> None:
    at = installation(tmp_path / "home")
    shutil.copytree(demo.at.settings.home, at.settings.home)
    done = at.run("backfill", "--from", "2014-01-02", "--to", "2014-01-03", "--sessions-a-run", "1")
    assert done.returncode == 1, done.stdout + done.stderr
    assert "run 2 of 2: 2014-01-03 to 2014-01-03" in " ".join(done.stdout.split())
    assert "no portfolio has a net asset value from 2014-01-02 to 2014-01-03" in " ".join(done.stdout.split())
    assert "Risk on 2013-03-01" in at.run("report").stdout
