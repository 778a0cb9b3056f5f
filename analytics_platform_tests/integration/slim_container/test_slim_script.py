"""The script in the slim container: how it is given, how it ends, what signals do, what is kept of it."""

import os
import shutil
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path

import pytest

from analytics_platform_tests.integration.slim_container.slim_process import (
    Container,
    address,
    ended,
    file,
    tar,
)

UNSHARE = ("unshare", "--pid", "--fork", "--kill-child", "--mount-proc")


def wait_for(process: "subprocess.Popen[str]", line: str) -> None:
    assert process.stdout is not None
    assert process.stdout.readline() == f"{line}\n"


def test_a_script_with_quotes_and_newlines_runs_as_it_stands(container: Container) -> None:
    script = """
    name="it's \\"quoted\\""
    printf '%s|' "$name" 'a  b' $'tab\\there' "$(printf '%s' '$HOME')"
    cat <<'END'
    ü ; & $(none)
END
    """
    done = container.run(COMMAND=script)
    assert done.output == 'it\'s "quoted"|a  b|tab\there|$HOME|    ü ; & $(none)\n'
    assert done.code == 0


def test_a_script_stops_at_its_first_fault(container: Container) -> None:
    assert container.run(COMMAND="false | true; echo on").code == 1
    assert container.run(COMMAND="echo $undefined; echo on").output == ""


def test_arguments_win_over_the_script(container: Container) -> None:
    done = container.run("printf", "%s/", "a b", "$HOME", COMMAND="echo script")
    assert done.output == "a b/$HOME/"


@pytest.mark.parametrize("code", [0, 1, 3, 78, 255])
def test_the_exit_code_is_that_of_the_script(container: Container, code: int) -> None:
    assert container.run(COMMAND=f"exit {code}").code == code


def test_a_script_that_a_signal_ends_counts_from_128(container: Container) -> None:
    assert container.run(COMMAND="kill -KILL $$").code == 128 + signal.SIGKILL


def test_a_program_that_is_nowhere_is_told(container: Container) -> None:
    done = container.run("no-such-program")
    assert done.code == 127
    assert "'no-such-program' cannot be started" in done.error


def test_code_is_folder_and_path_of_the_script(container: Container, tmp_path: Path) -> None:
    code = tar([file("bin/tool", b"#!/bin/sh\necho tool\n", mode=0o755), file("package/__init__.py")])
    done = container.run(
        CODE_ARCHIVE=address(tmp_path / "a.tar.gz", code),
        COMMAND='tool; [ "$PWD" = "$SLIM_CODE" ] && [ "$PYTHONPATH" = "$SLIM_CODE" ] && ls',
    )
    assert done.output.split() == ["tool", "bin", "package"]


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT], ids=lambda each: each.name)
def test_a_signal_reaches_the_script(container: Container, number: signal.Signals) -> None:
    name = number.name.removeprefix("SIG")
    process = container.start(
        COMMAND=f"trap 'echo got; exit 9' {name}; echo ready; while :; do sleep 0.05; done"
    )
    wait_for(process, "ready")
    process.send_signal(number)
    done = ended(process)
    assert (done.code, done.output) == (9, "got\n")
    assert [step["name"] for step in done.steps if step["slim"] == "signal"] == [number.name]


def test_a_signal_reaches_the_children_of_the_script(container: Container) -> None:
    inner = "trap 'echo inner; exit 0' TERM; echo ready; while :; do sleep 0.05; done"
    process = container.start(
        COMMAND=f"trap 'wait; echo outer; exit 9' TERM; bash -c \"{inner}\" & wait; wait"
    )
    wait_for(process, "ready")
    process.terminate()
    done = ended(process)
    assert sorted(done.output.split()) == ["inner", "outer"]
    assert done.code == 9


def test_a_script_that_does_not_handle_a_signal_dies_of_it(container: Container) -> None:
    process = container.start("sleep", "60")
    while b"sleep" not in children_of(process.pid):
        time.sleep(0.02)
    process.terminate()
    assert ended(process).code == 128 + signal.SIGTERM


def children_of(pid: int) -> bytes:
    children = Path(f"/proc/{pid}/task/{pid}/children").read_text("utf-8").split()
    return b" ".join(Path(f"/proc/{child}/cmdline").read_bytes() for child in children)


def test_what_a_script_leaves_behind_ends_with_it(container: Container) -> None:
    began = time.monotonic()
    done = container.run(COMMAND="sleep 300 & echo $!")
    assert done.code == 0
    assert time.monotonic() - began < 60
    state = Path("/proc", done.output.strip(), "stat")
    assert not state.exists() or ") Z " in state.read_text("utf-8")


def test_the_log_of_a_failure_is_kept(container: Container, tmp_path: Path) -> None:
    logs = tmp_path / "logs"
    script = "echo to output; echo to errors >&2; exit 4"
    done = container.run(COMMAND=script, LOG_ARCHIVE=f"file://{logs}")
    (kept,) = logs.rglob("*.log")
    assert done.code == 4
    assert sorted(kept.read_text("utf-8").splitlines()) == ["to errors", "to output"]
    assert done.output == "to output\n"
    assert "to errors\n" in done.errors
    assert f"file://{kept}" in done.errors


def test_the_log_of_a_success_is_not_kept(container: Container, tmp_path: Path) -> None:
    container.run(COMMAND="echo fine", LOG_ARCHIVE=f"file://{tmp_path}/logs")
    assert not (tmp_path / "logs").exists()


def test_of_a_long_log_the_end_is_kept(container: Container, tmp_path: Path) -> None:
    done = container.run(
        COMMAND="seq 1 200000; exit 1", LOG_ARCHIVE=f"file://{tmp_path}/logs", SLIM_LOG_BYTES="100000"
    )
    (kept,) = (tmp_path / "logs").rglob("*.log")
    assert 50_000 <= kept.stat().st_size <= 100_000
    assert kept.read_text("utf-8").endswith("199999\n200000\n")
    assert done.output.count("\n") == 200_000


def test_a_log_that_cannot_be_kept_changes_nothing(container: Container) -> None:
    done = container.run(COMMAND="exit 4", LOG_ARCHIVE="file:///proc/none")
    assert done.code == 4
    assert done.seen("log not kept") == 1


def test_neither_script_nor_variables_are_told(container: Container) -> None:
    done = container.run(COMMAND="true # of-the-script", PGPASSWORD="of-a-variable")
    assert "of-the-script" not in done.errors
    assert "of-a-variable" not in done.errors


def process_1() -> None:
    tried = [*UNSHARE, "true"]
    if not shutil.which("unshare") or subprocess.run(tried, check=False, capture_output=True).returncode:  # noqa: S603 - fixed
        pytest.skip("no process can be process 1 here: needs root and unshare (package util-linux)")


def test_as_process_1_it_reaps_orphans(container: Container) -> None:
    process_1()
    orphan = "(setsid sleep 0.1 &)"
    script = f"echo $PPID; {orphan}; {orphan}; sleep 0.6; grep -l ') Z ' /proc/[0-9]*/stat || echo none"
    done = replace(container, under=UNSHARE).run(COMMAND=script)
    assert done.output.split() == ["1", "none"]


def test_as_process_1_it_passes_signals_on(container: Container) -> None:
    process_1()
    process = replace(container, under=UNSHARE).start(
        COMMAND="trap 'exit 9' TERM; echo ready; while :; do sleep 0.05; done"
    )
    wait_for(process, "ready")
    (inside,) = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text("utf-8").split()
    os.kill(int(inside), signal.SIGTERM)
    assert ended(process).code == 9
