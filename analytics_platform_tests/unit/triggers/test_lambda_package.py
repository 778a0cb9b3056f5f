"""The archive of the functions: complete, the same each time, and free of what AWS does not have."""

import json
import subprocess
import sys
from importlib.util import find_spec
from pathlib import Path

import pytest

from analytics_platform.settings import Settings
from analytics_platform.triggers.due_list import DueListError
from analytics_platform.triggers.lambda_package import HANDLERS, lambda_files

SETTINGS = Settings(landing_url="s3://landing/zone/")
CLIENT = ("boto3", "botocore", "dateutil", "jmespath", "s3transfer", "six", "urllib3")
"""What the runtime of AWS brings."""

ASK = """
import importlib, json, sys
sys.path[:0] = sys.argv[2:]
module, _, name = sys.argv[1].rpartition(".")
handler = getattr(importlib.import_module(module), name)
print(json.dumps([handler(json.load(sys.stdin), None), sorted({name.split(".")[0] for name in sys.modules})]))
"""


def unpacked(folder: Path) -> Path:
    for name, content in lambda_files(SETTINGS).items():
        file = folder / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(content)
    return folder


def runtime(folder: Path) -> Path:
    """Make a folder that holds nothing but the client of AWS."""
    folder.mkdir()
    for name in CLIENT:
        spec = find_spec(name)
        assert spec is not None
        assert spec.origin is not None
        origin = Path(spec.origin)
        found = origin.parent if origin.name == "__init__.py" else origin
        (folder / found.name).symlink_to(found)
    return folder


def ask(handler: str, event: object, *paths: Path) -> tuple[dict[str, object], set[str]]:
    command = [sys.executable, "-I", "-S", "-c", ASK, HANDLERS[handler], *map(str, paths)]
    done = subprocess.run(  # noqa: S603 - our own functions
        command, input=json.dumps(event), capture_output=True, text=True, timeout=60, check=False
    )
    assert done.returncode == 0, done.stderr
    answer, modules = json.loads(done.stdout)
    return answer, set(modules)


def test_uploads_are_routed_with_the_standard_library_alone(tmp_path: Path) -> None:
    key = "zone/positions/custodian-a_2013-03-01.csv"
    detail = {"bucket": {"name": "landing"}, "object": {"key": key}}
    event = {"source": "aws.s3", "detail-type": "Object Created", "detail": detail}
    answer, modules = ask("route_upload", event, unpacked(tmp_path))
    assert answer["verdict"] == "accepted"
    assert not modules & {*CLIENT, "polars", "pydantic"}


def test_deliveries_are_looked_for_with_the_client_of_aws_and_nothing_else(tmp_path: Path) -> None:
    event = {"input": {"session": "2013-03-02"}, "started_at": "2013-03-04T00:00:00Z"}
    answer, modules = ask(
        "expected_deliveries", event, unpacked(tmp_path / "code"), runtime(tmp_path / "runtime")
    )
    assert answer["verdict"] == "no session"
    ours = modules - set(sys.stdlib_module_names) - {*CLIENT, "__main__", "analytics_platform"}
    assert not {name for name in ours if not name.startswith("_")}


def test_the_archive_is_the_same_each_time_and_small() -> None:
    files = lambda_files(SETTINGS)
    assert files == lambda_files(SETTINGS)
    assert sum(map(len, files.values())) < 100_000


def test_the_functions_know_the_landing_zone_and_the_datasets() -> None:
    known = json.loads(lambda_files(SETTINGS)["configuration.json"])
    assert (known["bucket"], known["prefix"]) == ("landing", "zone/")
    assert known["datasets"]["positions"] != "reference"
    assert known["datasets"]["currencies"] == "reference"


def test_a_landing_zone_that_is_no_bucket_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DueListError, match="set it to s3://bucket/prefix"):
        lambda_files(Settings(landing_url=str(tmp_path)))
