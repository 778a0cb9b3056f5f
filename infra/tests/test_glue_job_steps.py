"""The script of the Glue job: its plan, its steps, its summary. The product's tests run the whole of it."""

import hashlib
import os
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.glue.job import JobFailed, arguments, cuts, loads, main, spread, step, summary

REQUIRED = [
    "--job",
    "prices",
    "--dataset",
    "prices",
    "--histories",
    "s3://b/h",
    "--code-archive",
    "file:///c",
    "--slim",
]


@pytest.fixture
def given(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """Return arguments of a job whose entry point writes down how it was called, and fails for `cut bad`."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr("tempfile.tempdir", None)
    slim = tmp_path / "slim.zip"
    with zipfile.ZipFile(slim, "w") as archive:
        archive.writestr(
            "__main__.py",
            "import json, os, sys\n"
            "words = sys.argv[4:]\n"
            "answer = words[words.index('--answer') + 1]\n"
            "told = {'words': words[:2], 'variables': dict(os.environ), 'parts': [1, 2]}\n"
            "open(answer, 'w').write(json.dumps(told))\n"
            'sys.stderr.write(\'{"slim": "start"}\\nthe file is bad\\n\')\n'
            "sys.exit(2 if 'bad' in words else 0)\n",
        )
    code = tmp_path / "code.tar.gz"
    code.write_bytes(b"code")
    words = [*REQUIRED, f"file://{slim}", "--workers", "2", "--settings", '{"ANALYTICS_PROFILE": "aws"}']
    digest = hashlib.sha256(b"code").hexdigest()
    return {**arguments(words), "code_archive": f"file://{code}?sha256={digest}"}


def test_arguments_that_glue_adds_are_left_out() -> None:
    given = arguments(
        [*REQUIRED, "file:///s", "--JOB_RUN_ID", "jr_1", "--enable-metrics", "true", "--TempDir", "s3://t"]
    )
    assert given["span"] == "year"
    assert not {"JOB_RUN_ID", "enable_metrics", "TempDir"} & set(given)


def test_each_history_is_a_step_and_no_worker_is_without_a_part(given: dict[str, Any]) -> None:
    assert [words[:2] for words in cuts(given, ["prices/a", "prices/b"])] == [
        ["cut", "prices/a"],
        ["cut", "prices/b"],
    ]
    assert [words[-1] for words in loads(given, 9, 1.0)] == ["0", "1"]
    assert [words[-1] for words in loads(given, 1, 1.0)] == ["0"]
    assert loads(given, 0, 1.0) == []


def test_a_step_gets_the_settings_and_the_archives_and_nothing_of_glues_packages(
    given: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPATH", "of-glue")
    told = step(given, ["cut", "good"])
    assert told["words"] == ["cut", "good"]
    variables = told["variables"]
    assert variables["ANALYTICS_PROFILE"] == "aws"
    assert variables["CODE_ARCHIVE"] == given["code_archive"]
    assert not {"PYTHONPATH", "ENVIRONMENT_ARCHIVE", "PGPASSWORD"} & set(variables)


def test_a_step_that_fails_says_why_and_keeps_no_other_from_running(given: dict[str, Any]) -> None:
    bad, good = spread(given, [["cut", "bad"], ["cut", "good"]])
    assert bad["failed"] == "cut bad: the file is bad"
    assert "failed" not in good


@pytest.mark.parametrize(
    ("account", "cut", "failures"),
    [
        pytest.param({"parts": 1, "left": []}, {"parts": [1]}, 0, id="all is in the lake"),
        pytest.param({"parts": 1, "left": ["prices/x (seen): bad"]}, {"parts": [1]}, 0, id="a part is left"),
        pytest.param({"parts": 0, "left": []}, {"failed": "cut x: bad"}, 1, id="a history was not cut"),
    ],
)
def test_only_a_job_that_left_nothing_is_done(
    account: dict[str, Any], cut: dict[str, Any], failures: int
) -> None:
    found = summary({"cut": [cut], "load": [{"left": []}], "account": [account]})
    assert len(found["failed"]) == failures
    assert found["is_done"] is (not failures and not account["left"])
    assert found["histories"] == 1 - failures


def test_what_a_worker_left_and_another_finished_is_told_and_no_failure() -> None:
    found = summary({"cut": [], "load": [{"left": ["prices/x: busy"]}], "account": [{"left": []}]})
    assert (found["left"], found["is_done"]) == (["prices/x: busy"], True)


def test_the_script_needs_nothing_of_ours(tmp_path: Path) -> None:
    script = Path(__file__).parents[1] / "glue" / "job.py"
    done = subprocess.run(  # noqa: S603 - our own script
        [sys.executable, "-I", "-S", str(script), "--help"],
        env={"PATH": os.defpath},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert "--histories" in done.stdout


def test_a_job_that_cannot_begin_says_why(given: dict[str, Any]) -> None:
    words = ["--job", "prices", "--dataset", "bad", "--histories", "s3://b/h", "--slim", given["slim"]]
    with pytest.raises(JobFailed, match="the job cannot begin: plan --dataset: the file is bad"):
        main([*words, "--code-archive", given["code_archive"]])
