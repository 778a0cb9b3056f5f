"""The code: what a run needs of a checkout besides the environment. No tests, no sample data are in it."""

import tomllib
from pathlib import Path

from analytics_platform.archives.dbt_manifests import parsed_project
from analytics_platform.archives.faults import ArchiveError
from analytics_platform.archives.tars import Content, files_of

CHECKOUT = Path(__file__).resolve().parents[2]
_FOLDERS = ("analytics_platform", "dbt", "infra/state_machines", "sources")
_FILES = ("LICENSE", "NOTICE", "infra/expected_deliveries.toml", "workspace.yaml")
_OF_TOOLS = frozenset({"dbt/config.py"})
_GENERATED = ("dbt/dbt_packages/", "dbt/logs/", "dbt/target/")
_COMMAND = b'#!/bin/sh\nexec python -m analytics_platform.cli "$@"\n'


def code_files(checkout: Path = CHECKOUT) -> dict[str, Content]:
    """Return the files of the archive by their names in it, with the dbt project parsed for both engines.

    Raises
    ------
    ArchiveError
        If this is no checkout, or dbt finds the project at fault.
    """
    project = checkout / "pyproject.toml"
    if not project.is_file():
        message = f"{project} is missing: run this in a checkout of the platform"
        raise ArchiveError(message)
    files: dict[str, Content] = {name: checkout / name for name in _FILES}
    for path in sorted(
        [*(checkout / "docker").glob("dagster.*.yaml"), *(checkout / "docker").glob("workspace.*.yaml")]
    ):
        files[f"docker/{path.name}"] = path
    for folder in _FOLDERS:
        files |= {f"{folder}/{name}": content for name, content in files_of(checkout / folder).items()}
    kept = {name: content for name, content in files.items() if _is_needed(name)}
    parsed = {f"dbt/target/{name}": content for name, content in parsed_project(checkout / "dbt").items()}
    name, version = _name_and_version(project)
    told = f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n".encode()
    made = {
        "bin/analytics": _COMMAND,
        f"{name.replace('-', '_')}-{version}.dist-info/METADATA": told,  # a run writes down its version
    }
    return {**kept, **parsed, **made}


def _is_needed(name: str) -> bool:
    is_hidden = any(part.startswith(".") for part in name.split("/"))
    return not (is_hidden or name in _OF_TOOLS or name.startswith(_GENERATED))


def _name_and_version(project: Path) -> tuple[str, str]:
    known = tomllib.loads(project.read_text("utf-8"))["project"]
    return known["name"], known["version"]
