"""The shipped configurations of Dagster, with no more changed than a test needs. No test."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import yaml

DOCKER = Path(__file__).parents[3] / "docker"

Configuration = dict[str, Any]


def shipped(name: str, changes: Mapping[str, Any] | None = None) -> Configuration:
    """Return a shipped configuration, parsed, with changes merged into it."""
    return _merged(yaml.safe_load((DOCKER / name).read_text("utf-8")), changes or {})


def write_home(home: Path, configuration: Configuration) -> Path:
    """Write a configuration where Dagster looks for it."""
    home.mkdir(parents=True, exist_ok=True)
    (home / "dagster.yaml").write_text(yaml.safe_dump(configuration), encoding="utf-8")
    return home


def database_environment(url: str) -> dict[str, str]:
    """Return the variables that name a database of the test server, which listens on a socket only."""
    parts = urlsplit(url)
    return {
        "DAGSTER_POSTGRES_HOST": "",
        "PGHOST": parse_qs(parts.query)["host"][0],
        "DAGSTER_POSTGRES_PORT": "5432",
        "DAGSTER_POSTGRES_USER": "postgres",
        "DAGSTER_POSTGRES_PASSWORD": "is not asked for",
        "DAGSTER_POSTGRES_DB": parts.path.removeprefix("/"),
    }


def _merged(old: Mapping[str, Any], new: Mapping[str, Any]) -> Configuration:
    both = {**old, **new}
    return {
        key: _merged(old[key], value)
        if isinstance(value, Mapping) and isinstance(old.get(key), Mapping)
        else value
        for key, value in both.items()
    }
