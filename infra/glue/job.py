"""The script of the Glue job: histories cut into deliveries, which the workers of Spark load side by side.

It runs on Glue's own Python with nothing but boto3 and Spark, so it imports nothing of ours. Each step is a
command of the platform (`analytics history ...`) in the environment and code of the slim container, from the
same archives. Spark only spreads the steps over the workers; without it they run on this machine.
"""

import argparse
import fcntl
import hashlib
import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

Given = dict[str, Any]
"""Arguments of the job, as they travel to the workers: plain values only."""

Step = list[str]
"""A command of `analytics history`, without the answer's file."""

_SHOWN = 2000
_BLOCK = 1 << 20
_OF_GLUE = ("PYTHONPATH", "PYTHONHOME", "PYTHONSTARTUP", "SPARK_HOME")
"""Variables that would let Glue's own packages in."""


class JobFailed(Exception):  # noqa: N818 - Glue shows the name of the class before its text
    """Not every row of the histories is in the lake."""


def arguments(words: Sequence[str]) -> Given:
    """Read the arguments; those that Glue adds for itself are left out."""
    parser = argparse.ArgumentParser(allow_abbrev=False)
    parser.add_argument("--job", required=True, help="name of the job; of each one runs at a time")
    parser.add_argument("--dataset", required=True, help="table that the histories fill")
    parser.add_argument(
        "--histories", required=True, help="where they are kept: s3://bucket/prefix or a folder"
    )
    parser.add_argument("--only", default="", help="only histories whose names, behind the dataset, begin so")
    parser.add_argument(
        "--span", default="year", choices=["year", "quarter", "month"], help="length of a part"
    )
    parser.add_argument("--workers", type=int, default=2, help="how many load side by side")
    parser.add_argument("--cores", type=int, default=4, help="cores of a worker, all of which a step takes")
    parser.add_argument("--seconds", type=int, default=28800, help="after so long the job is ended")
    parser.add_argument("--settings", default="{}", help="variables of the platform, as JSON")
    parser.add_argument("--environment-archive", default="", help="s3://bucket/key?sha256=...")
    parser.add_argument("--code-archive", required=True, help="s3://bucket/key?sha256=...")
    parser.add_argument("--slim", required=True, help="entry point of the slim container, as a zip")
    parser.add_argument("--certificates", default="", help="authorities of PostgreSQL's certificate")
    parser.add_argument("--ledger-secret", default="", help="ARN of the secret that holds its password")
    return vars(parser.parse_known_args(words)[0])


def cuts(given: Mapping[str, Any], histories: Sequence[str]) -> list[Step]:
    """Return a step for each history."""
    kept = ["--histories", str(given["histories"]), "--span", str(given["span"])]
    return [["cut", key, *kept] for key in histories]


def loads(given: Mapping[str, Any], parts: int, until: float) -> list[Step]:
    """Return a step for each worker, but not more than there are parts."""
    common = ["load", "--dataset", str(given["dataset"]), "--job", str(given["job"]), "--until", str(until)]
    return [[*common, "--worker", str(number)] for number in range(min(int(given["workers"]), parts))]


def summary(answers: Mapping[str, Sequence[Given]]) -> Given:
    """Return what the job did: counts, and one line for everything that is not done."""
    failed = [told["failed"] for each in answers.values() for told in each if "failed" in told]
    left = sorted({line for told in answers["load"] for line in told.get("left", ())})
    found = {key: value for told in answers["account"] for key, value in told.items() if key != "failed"}
    return {
        "histories": sum("parts" in told for told in answers["cut"]),
        **found,
        "left": sorted({*found.get("left", ()), *left}),
        "failed": failed,
        "is_done": not failed and not found.get("left"),
    }


def step(given: Given, words: Step) -> Given:
    """Run one step on this machine; return its answer, or under ``failed`` why there is none."""
    folder = Path(tempfile.gettempdir(), "analytics-history")
    folder.mkdir(exist_ok=True)
    variables = _variables(given, folder)
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch, "answer.json")
        program = [sys.executable, "-I", str(_fetched(given["slim"], folder))]
        command = ["python", "-m", "analytics_platform.cli.history", *words, "--answer", str(answer)]
        done = subprocess.run(  # noqa: S603 - our own entry point and command, no shell
            [*program, *command], env=variables, capture_output=True, text=True, check=False
        )
        sys.stdout.write(done.stdout)
        sys.stderr.write(done.stderr)
        told: Given = json.loads(answer.read_text("utf-8")) if answer.exists() else {}
    if done.returncode:
        said = [line for line in done.stderr.splitlines() if not line.startswith('{"slim": ')]
        cause = "\n".join(said)[-_SHOWN:] or f"exit code {done.returncode}: {done.stderr[-_SHOWN:]}"
        told["failed"] = f"{' '.join(words[:2])}: {cause}"
    return told


def spread(given: Given, steps: Sequence[Step]) -> list[Given]:
    """Run steps side by side, one a worker at a time; return their answers in order."""
    if not steps:
        return []
    try:
        from pyspark import (  # type: ignore[import-not-found]  # noqa: PLC0415 - only Glue has it
            SparkConf,
            SparkContext,
        )
    except ImportError:
        with ThreadPoolExecutor(int(given["workers"])) as workers:
            return list(workers.map(lambda words: step(given, words), steps))
    # A step takes all cores of a worker: it has processes of its own, and memory for one file.
    settings = {"spark.task.cpus": str(given["cores"]), "spark.task.maxFailures": "2"}
    context = SparkContext.getOrCreate(SparkConf().setAll(list(settings.items())))
    run: Callable[[Step], Given] = lambda words: step(given, words)  # noqa: E731 - Spark sends it to the workers
    return list(context.parallelize(list(steps), len(steps)).map(run).collect())


def _variables(given: Given, folder: Path) -> dict[str, str]:
    """Return the environment of a step: the settings of the platform, archives on this disk, the password."""
    kept = {name: value for name, value in os.environ.items() if name not in _OF_GLUE}  # noqa: TID251 - no settings here
    variables = {
        **kept,
        "HOME": str(folder),
        "SLIM_CACHE": str(folder / "cache"),
        **json.loads(given["settings"]),
    }
    for name, address in (
        ("ENVIRONMENT_ARCHIVE", given["environment_archive"]),
        ("CODE_ARCHIVE", given["code_archive"]),
    ):
        if address:
            digest = parse_qs(urlsplit(address).query)["sha256"][0]
            variables[name] = f"file://{_fetched(address, folder)}?sha256={digest}"
    if given["certificates"]:
        variables["PGSSLROOTCERT"] = str(_fetched(given["certificates"], folder))
    if given["ledger_secret"]:
        import boto3  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - only where it is needed

        secret = boto3.client("secretsmanager").get_secret_value(SecretId=given["ledger_secret"])
        variables["PGPASSWORD"] = json.loads(secret["SecretString"])["password"]
    return variables


def _fetched(address: str, folder: Path) -> Path:
    """Return a local file with an object of S3, once for all steps of this machine."""
    parts = urlsplit(address)
    if parts.scheme == "file":
        return Path(parts.path)
    digest = parse_qs(parts.query).get("sha256", [""])[0]
    file = folder / (digest or hashlib.sha256(address.encode()).hexdigest())
    with (folder / f"{file.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not file.exists():
            import boto3  # type: ignore[import-untyped,unused-ignore]  # noqa: PLC0415 - only where it is needed

            partial = file.with_suffix(".partial")
            boto3.client("s3").download_file(parts.netloc, parts.path.lstrip("/"), str(partial))
            if digest and _sha256(partial) != digest:
                message = f"{address} has another content: upload it again, or correct its sha256"
                raise JobFailed(message)
            partial.replace(file)
    return file


def _sha256(file: Path) -> str:
    digest = hashlib.sha256()
    with file.open("rb") as content:
        while block := content.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def main(words: Sequence[str]) -> None:
    """Cut, load, account.

    Raises
    ------
    JobFailed
        If not every row of the histories is in the lake; the same run again goes on where this one ended.
    """
    given = arguments(words)
    until = time.time() + given["seconds"]
    common = ["--dataset", given["dataset"]]
    planned = step(
        given,
        ["plan", *common, "--histories", given["histories"], "--job", given["job"], "--only", given["only"]],
    )
    _refuse([planned], "the job cannot begin")
    cut = spread(given, cuts(given, planned["histories"]))
    made = [told for told in cut if "parts" in told]
    loaded = spread(given, loads(given, sum(len(told["parts"]) for told in made), until))
    with tempfile.NamedTemporaryFile("w", suffix=".json") as file:
        json.dump(made, file)
        file.flush()
        accounted = step(given, ["account", *common, "--cuts", file.name])
    found = summary({"cut": cut, "load": loaded, "account": [accounted]})
    sys.stdout.write(json.dumps({"history": given["job"], **found}) + "\n")
    if not found["is_done"]:
        _refuse(
            [{"failed": line} for line in [*found["failed"], *found["left"]]], "not every row is in the lake"
        )


def _refuse(answers: Sequence[Mapping[str, Any]], what: str) -> None:
    failed = [str(told["failed"]) for told in answers if "failed" in told]
    if failed:
        message = f"{what}: {'; '.join(failed)[:_SHOWN]}"
        raise JobFailed(message)


if __name__ == "__main__":
    main(sys.argv[1:])
