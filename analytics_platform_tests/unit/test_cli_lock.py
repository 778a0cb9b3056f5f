"""One command at a time materializes in a data home."""

import subprocess
import sys
from pathlib import Path

import pytest

from analytics_platform.cli.lock import HomeIsBusyError, only_one

HOLD = """
import sys
from pathlib import Path
from analytics_platform.cli.lock import only_one
with only_one(Path(sys.argv[1])):
    print("held", flush=True)
    sys.stdin.read()
"""


def test_a_second_command_is_told_and_a_killed_one_lets_go(tmp_path: Path) -> None:
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-c", HOLD, str(tmp_path)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(HomeIsBusyError, match="another command materializes"), only_one(tmp_path):
            pass
        process.kill()
    with only_one(tmp_path):
        assert (tmp_path / ".lock").exists()
