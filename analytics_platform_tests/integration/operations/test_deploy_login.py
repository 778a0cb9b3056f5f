"""What `analytics deploy` says to who logged in long ago; the SDK finds the home when it is imported."""

import json
import subprocess
import sys
from hashlib import sha1
from pathlib import Path

import pytest

from analytics_platform_tests.integration.operations.deploying_clone import ACCOUNT, REGION, ready_clone

_APPLY = """
from analytics_platform.cli.deploying.running import run_apply
raise SystemExit(run_apply("dev", None, ["storage"], lambda: True))
"""


def test_a_login_that_ran_out_is_told_with_the_cure(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = tmp_path / ".aws" / "sso" / "cache"
    cache.mkdir(parents=True)
    token = {"accessToken": "token", "expiresAt": "2020-01-01T00:00:00Z"}
    (cache / f"{sha1(b'desk', usedforsecurity=False).hexdigest()}.json").write_text(
        json.dumps(token), "utf-8"
    )
    with ready_clone(tmp_path, monkeypatch) as clone:
        session = f"[sso-session desk]\nsso_region = {REGION}\nsso_start_url = {clone.endpoint}\n"
        profile = f"[profile desk]\nsso_session = desk\nsso_account_id = {ACCOUNT}\nsso_role_name = admin\n"
        (tmp_path / "config").write_text(session + profile, "utf-8")
        monkeypatch.setenv("AWS_PROFILE", "desk")
        for name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"):
            monkeypatch.delenv(name)
        ended = subprocess.run([sys.executable, "-c", _APPLY], capture_output=True, text=True, check=False)  # noqa: S603 - this Python
    said = ended.stdout.strip()
    assert ended.returncode == 2, ended
    assert said.startswith(
        "analytics deploy: there are no fresh credentials (Error when retrieving token from"
    )
    assert said.endswith("; log in anew with: aws sso login")
    assert clone.account.asked == []
    assert clone.commands() == []
