"""Every command tells settings that cannot be in lines that name them, and never with a traceback."""

import os
import subprocess
import sys

import pytest


@pytest.mark.parametrize("command", ["report", "runs", "reconcile"])
def test_half_a_profile_is_told_in_a_line_and_without_its_secrets(command: str) -> None:
    more = {"runs": ["failed"], "reconcile": ["--dry-run"]}.get(command, [])
    done = subprocess.run(  # noqa: S603 - our own command
        [sys.executable, "-m", "analytics_platform.cli", command, *more],
        env={"PATH": os.defpath, "ANALYTICS_PROFILE": "aws", "ANALYTICS_REDSHIFT_PASSWORD": "canary-5e2"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 2
    assert done.stderr.startswith("ANALYTICS_PROFILE=aws needs ANALYTICS_LAKE_URL=s3://bucket/prefix; ")
    assert "Traceback" not in done.stderr
    assert "canary-5e2" not in done.stdout + done.stderr
