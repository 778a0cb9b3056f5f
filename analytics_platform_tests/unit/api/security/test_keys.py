"""The file of the keys, the commands that change it, and the audit log."""

import json
import stat
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path

import pytest
from typer.testing import CliRunner

from analytics_platform.api.security.audit import AuditLog
from analytics_platform.api.security.key_file import KeyRequestError, give, revoke
from analytics_platform.api.security.keys import PREFIX, Keys, random_key, read_keys
from analytics_platform.cli.app import app
from analytics_platform.settings import settings


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.setenv("ANALYTICS_HOME", str(tmp_path))
    settings.cache_clear()
    yield tmp_path
    settings.cache_clear()


def _give_one(path: Path, number: int) -> str:
    return give(path, f"key-{number}", ["read"])


def _write_one(path: Path, number: int) -> None:
    AuditLog(path).write(who=f"w{number}", what="upload", about="x" * 400, outcome="done", from_="here")


def test_a_key_is_random_and_its_file_does_not_hold_it(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "keys.toml"
    key = give(path, "desk", ["upload", "read"], days=2)
    assert key.startswith(PREFIX)
    assert len(key) == len(PREFIX) + 43  # 256 bits
    assert key not in path.read_text("utf-8")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    found = read_keys(path)["desk"]
    assert found.scopes == {"read", "upload"}
    assert found.expires is not None
    assert (found.expires - found.created).days == 2
    assert Keys(path).shown(key) == found
    assert Keys(path).shown(random_key()) is None
    assert len({random_key() for _ in range(100)}) == 100


@pytest.mark.parametrize("name", ["", "Desk", "a b", "../x", "a" * 65, '"]\n[keys.x', "-a", "ä", "a\n"])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(KeyRequestError, match="is no name of a key"):
        give(tmp_path / "keys.toml", name, ["read"])
    assert not (tmp_path / "keys.toml").exists()


@pytest.mark.parametrize("scopes", [[], ["write"], ["read", "admin"], [""]])
def test_a_scope_that_is_none_is_refused(tmp_path: Path, scopes: list[str]) -> None:
    with pytest.raises(KeyRequestError, match="give one or more of read, upload, materialize"):
        give(tmp_path / "keys.toml", "desk", scopes)


@pytest.mark.parametrize("days", [0, -1, 10**9])
def test_a_time_that_is_none_is_refused(tmp_path: Path, days: int) -> None:
    with pytest.raises(KeyRequestError, match="cannot last"):
        give(tmp_path / "keys.toml", "desk", ["read"], days)


def test_no_key_is_lost_when_several_are_given_at_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        keys = list(pool.map(_give_one, [path] * 12, range(12)))
    assert len(read_keys(path)) == 12
    assert all(Keys(path).shown(key) for key in keys)


def test_a_name_is_given_once(tmp_path: Path) -> None:
    path = tmp_path / "keys.toml"
    first = give(path, "desk", ["read"])
    with pytest.raises(KeyRequestError, match="there is a key 'desk'"):
        give(path, "desk", ["read"])
    revoke(path, "desk")
    give(path, "desk", ["read"])
    assert Keys(path).shown(first) is None
    with pytest.raises(KeyRequestError, match="known are desk"):
        revoke(path, "other")


def test_the_commands_give_list_and_revoke(home: Path) -> None:
    run = CliRunner()
    given = run.invoke(app, ["api-key", "new", "desk", "--scopes", "read, upload", "--days", "3"])
    key = given.stdout.strip()
    assert Keys(home / "api_keys.toml").shown(key) is not None
    listed = run.invoke(app, ["api-key", "list"])
    assert "desk  read,upload" in listed.stdout
    assert key not in listed.stdout
    assert run.invoke(app, ["api-key", "new", "desk"]).exit_code == 2
    assert run.invoke(app, ["api-key", "revoke", "desk"]).exit_code == 0
    assert run.invoke(app, ["api-key", "revoke", "desk"]).exit_code == 2
    (home / "api_keys.toml").write_text("x", "utf-8")
    assert run.invoke(app, ["api-key", "list"]).exit_code == 2
    audit = (home / "audit.jsonl").read_text("utf-8")
    assert [json.loads(line)["what"] for line in audit.splitlines()] == ["api-key new", "api-key revoke"]
    assert key not in audit


def test_a_key_that_was_drawn_elsewhere_is_given_by_its_digest_and_never_printed(home: Path) -> None:
    run = CliRunner()
    drawn = run.invoke(app, ["api-key", "draw"])
    key, digest = drawn.stdout.strip(), drawn.stderr.split()[-1]
    assert not (home / "api_keys.toml").exists()
    given = run.invoke(app, ["api-key", "new", "desk", "--sha256", digest])
    assert given.exit_code == 0
    assert key not in given.output
    shown = Keys(home / "api_keys.toml").shown(key)
    assert shown is not None
    assert shown.name == "desk"
    refused = run.invoke(app, ["api-key", "new", "other", "--sha256", key])
    assert (refused.exit_code, "is no SHA-256" in refused.stderr) == (2, True)
    assert key not in refused.output


def test_no_line_of_the_audit_log_is_forged_or_torn(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "audit.jsonl"
    hostile = 'x"}\n{"who": "admin"}\r\x1b[2J\u2028\ud800'
    AuditLog(path).write(who=hostile, what="upload", about="y" * 10_000, outcome="done", from_="here")
    with ProcessPoolExecutor(2, mp_context=get_context("spawn")) as pool:
        list(pool.map(_write_one, [path] * 100, range(100)))
    lines = path.read_bytes().splitlines()
    assert len(lines) == 101
    assert all(byte >= 0x20 for byte in lines[0])
    told = json.loads(lines[0])
    assert (told["who"], len(told["about"])) == (hostile, 500)
    assert {json.loads(line)["who"] for line in lines[1:]} == {f"w{number}" for number in range(100)}
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
