"""The guard finds every invalid statement of the corpus and no valid one."""

import subprocess
import sys
from pathlib import Path

import pytest

from analytics_platform_tests.dialect_guard.finding import Finding
from analytics_platform_tests.dialect_guard.functions import ALLOWED
from analytics_platform_tests.dialect_guard.guard import findings

CORPUS = Path(__file__).parent / "corpus"
NO_TYPES = """
array bigserial bit blob bytea datetime double enum hstore hugeint inet int256 int4range json jsonb list
map money serial smallserial string struct tinyint uint128 uuid xml
""".split()  # noqa: SIM905 - a list of words
MARK = "-- found: "
"""The first line of an invalid statement; behind it stands a part of what is found."""


def statements(folder: str) -> list[object]:
    return [pytest.param(path, id=path.stem) for path in sorted((CORPUS / folder).glob("*.sql"))]


@pytest.mark.parametrize("path", statements("invalid"))
def test_an_invalid_statement_is_found(path: Path) -> None:
    text = path.read_text(encoding="utf-8")
    told = findings(text)
    expected = text.splitlines()[0].removeprefix(MARK)
    assert any(expected in each.what for each in told), told
    assert all(each.cure and 1 < each.line <= len(text.splitlines()) for each in told), told


@pytest.mark.parametrize("path", statements("valid"))
def test_nothing_is_found_in_a_valid_statement(path: Path) -> None:
    assert findings(path.read_text(encoding="utf-8")) == []


def test_the_corpus_is_large_enough_and_every_invalid_statement_says_what_is_wrong() -> None:
    invalid, valid = ([*(CORPUS / folder).glob("*.sql")] for folder in ("invalid", "valid"))
    assert len(invalid) >= 30
    assert len(valid) >= 30
    assert all(path.read_text(encoding="utf-8").startswith(MARK) for path in invalid)


def test_a_finding_names_the_line_what_stands_there_and_the_cure() -> None:
    sql = "select\n    portfolio_id,\n    string_agg(instrument_id, ',') as held\nfrom lake.positions"
    assert findings(sql) == [
        Finding(3, "string_agg() is no function of Redshift's compute nodes", "use {{ dbt.listagg(...) }}")
    ]


def test_all_statements_of_a_file_are_read() -> None:
    told = findings("select 1;\nselect now() from lake.prices;\nselect a == b from lake.prices")
    assert [each.line for each in told] == [2, 3]


def test_what_cannot_be_read_is_found_at_its_line() -> None:
    (told,) = findings("select portfolio_id\nfrom lake.positions\nwhere and quantity > 0")
    assert told.line == 3
    assert told.what.startswith("this is no SQL of Redshift: ")


@pytest.mark.parametrize("name", NO_TYPES)
def test_a_cast_to_a_type_that_redshift_has_not_is_found(name: str) -> None:
    written = {
        "array": "date[]",
        "enum": "enum('a')",
        "list": "list(integer)",
        "map": "map(date, date)",
        "struct": "struct<a: date>",
    }
    told = findings(f"select cast(code as {written.get(name, name)}) as code")
    assert any(each.what.startswith("type ") for each in told), told


@pytest.mark.parametrize("operator", ["&&", "->", "->>", "<@", "==", "@>", "^@", "~*"])
def test_an_operator_that_redshift_has_not_is_found(operator: str) -> None:
    told = findings(f"select\n    one {operator} other as result\nfrom lake.codes")
    assert (2, f"Redshift has no operator {operator}") in [(each.line, each.what) for each in told]


@pytest.mark.parametrize("name", ["generate_series", "now", "current_schema", "age", "substr"])
def test_functions_of_the_leader_node_are_not_allowed(name: str) -> None:
    assert name not in ALLOWED


def guard(*arguments: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "analytics_platform_tests.dialect_guard", *map(str, arguments)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_the_command_prints_file_line_finding_and_cure(tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    faulty = tmp_path / "models" / "faulty.sql"
    faulty.write_text("select\n    delta\nfrom lake.option_greeks\n", encoding="utf-8")
    (tmp_path / "models" / "good.sql").write_text("select 1 as one\n", encoding="utf-8")
    done = guard(tmp_path)
    assert done.returncode == 1
    assert done.stdout.splitlines() == [
        f'{faulty}:2: delta is a reserved word of Redshift; quote it: "delta"',
        "2 files of Redshift SQL, 1 findings",
    ]
    assert done.stderr == ""


def test_the_command_ends_well_where_nothing_is_found() -> None:
    done = guard(CORPUS / "valid" / "joins.sql")
    assert (done.returncode, done.stdout) == (0, "1 files of Redshift SQL, 0 findings\n")


def test_a_folder_without_sql_is_an_error(tmp_path: Path) -> None:
    done = guard(tmp_path)
    assert done.returncode == 1
    assert done.stderr == f"no file of SQL in {tmp_path}: compile the dbt project first\n"
