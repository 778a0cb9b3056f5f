"""What the figures were measured on: processor, memory, versions, date."""

import os
import platform
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

_PACKAGES = (
    "dagster",
    "dagster-dbt",
    "dbt-duckdb",
    "duckdb",
    "numpy",
    "pandas",
    "polars",
    "pyarrow",
    "QuantLib",
    "scipy",
    "sqlalchemy",
)
_GIBIBYTE = 1 << 30


def load() -> str:
    """Return how busy the machine was in the last 1, 5 and 15 minutes: processes that wanted a core."""
    return ", ".join(f"{each:.1f}" for each in os.getloadavg())


def machine_rows(load_before: str) -> list[tuple[str, str]]:
    """Return what the machine is, as (question, answer)."""
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / _GIBIBYTE
    return [
        ("Date", datetime.now(UTC).date().isoformat()),
        ("Processor", f"{_processor()}, {os.cpu_count()} cores"),
        ("Memory", f"{memory:.0f} GiB"),
        ("System", f"{platform.system()} {platform.machine()}"),
        ("Load before (1, 5, 15 minutes)", load_before),
        ("Python", platform.python_version()),
        ("Packages", ", ".join(f"{name} {_version(name)}" for name in _PACKAGES)),
    ]


def _processor() -> str:
    path = Path("/proc/cpuinfo")
    lines = path.read_text("utf-8").splitlines() if path.exists() else []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or "unknown"


def _version(name: str) -> str:
    try:
        return version(name)
    except PackageNotFoundError:
        return "(not installed)"
