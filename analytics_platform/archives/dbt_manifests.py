"""The parsed dbt project for both engines, without times and places. Nothing is packed here."""

import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import msgpack  # type: ignore[import-untyped]

from analytics_platform.archives.faults import ArchiveError

ENGINES = {"local": "", "redshift": "redshift/"}
"""Targets of dbt, and their folders below that of the parsed project."""

_TOLD_CHARACTERS = 2000
_MOMENT, _NOBODY = "1970-01-01T00:00:00.000000Z", "00000000-0000-0000-0000-000000000000"
_FIXED: dict[str, object] = {
    "created_at": 0.0,
    "generated_at": _MOMENT,
    "invocation_id": _NOBODY,
    "invocation_started_at": _MOMENT,
    "modification_time": 0.0,
    "project_root": "dbt",
    "run_started_at": _MOMENT,
}
_PARSE = """
import sys
from pathlib import Path
from analytics_platform.defs.dbt import parse_project
parse_project(Path(sys.argv[1]), Path(sys.argv[2]), sys.argv[3])
"""


def parsed_project(project: Path) -> dict[str, bytes]:
    """Return the files that a run reads of the parsed project, by their names below the target folder.

    Raises
    ------
    ArchiveError
        If dbt finds the project at fault.
    """
    files = {}
    with tempfile.TemporaryDirectory() as folder:
        for engine, below in ENGINES.items():
            target = Path(folder, engine)
            _parse(project, target, engine)
            manifest = json.loads((target / "manifest.json").read_bytes())
            parse = msgpack.unpackb((target / "partial_parse.msgpack").read_bytes(), strict_map_key=False)
            files[f"{below}manifest.json"] = json.dumps(_timeless(manifest), separators=(",", ":")).encode()
            files[f"{below}partial_parse.msgpack"] = msgpack.packb(_anywhere(_timeless(parse)))
    return files


def _parse(project: Path, target: Path, engine: str) -> None:
    """Parse in an interpreter of its own: its sets have one order, and it sees no variable of a machine."""
    done = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-B", "-c", _PARSE, str(project), str(target), engine],
        env={"PYTHONHASHSEED": "0", "PYTHONPATH": str(Path(__file__).resolve().parents[2])},
        cwd=target.parent,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        message = (
            f"dbt could not parse {project} for {engine}: {(done.stdout + done.stderr)[-_TOLD_CHARACTERS:]}"
        )
        raise ArchiveError(message)


def _timeless(value: Any) -> Any:  # noqa: ANN401 - whatever dbt writes
    """Return the same without what differs from one parse to the next."""
    if isinstance(value, list):
        return [_timeless(each) for each in value]
    if not isinstance(value, dict):
        return value
    return {
        name: _FIXED[name] if name in _FIXED and not isinstance(each, dict) else _timeless(each)
        for name, each in value.items()
    }


def _anywhere(parse: dict[str, Any]) -> dict[str, Any]:
    """Return the same without the digest of a connection, by which dbt tells whether to parse anew."""
    parse["state_check"]["profile_hash"]["checksum"] = ""
    return parse
