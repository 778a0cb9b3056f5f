"""The shape of the code base: layers, names, sizes, and an import that reaches for nothing."""

import ast
import subprocess
import sys
from pathlib import Path

from importlinter.cli import lint_imports

ROOT = Path(__file__).resolve().parent.parent
LONGEST_FILE = 300
DUMPS = {"common", "helper", "helpers", "manager", "misc", "util", "utils"}

IMPORT_EVERYTHING = """
import importlib, os, pkgutil, sys

def refuse(event, arguments):
    if event in {"socket.connect", "socket.bind", "socket.getaddrinfo", "subprocess.Popen", "os.mkdir"}:
        raise PermissionError(f"{event} while importing: {arguments}")
    if event == "open" and arguments[0] != os.devnull and arguments[2] & (os.O_WRONLY | os.O_RDWR):
        raise PermissionError(f"write while importing: {arguments[0]}")

sys.path.insert(0, sys.argv[1])
sys.addaudithook(refuse)
import analytics_platform
for module in pkgutil.walk_packages(analytics_platform.__path__, "analytics_platform."):
    importlib.import_module(module.name)
"""


def python_files() -> list[Path]:
    """Return every Python file of ours; npm's packages are in `infra`, too."""
    folders = (
        "analytics_platform",
        "analytics_platform_tests",
        "benchmarks",
        "docker",
        "infra",
        "sample_data",
    )
    found = (path for folder in folders for path in (ROOT / folder).rglob("*.py"))
    return sorted(path for path in found if "node_modules" not in path.parts)


def parsed(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def names(paths: list[Path]) -> list[str]:
    return [str(path.relative_to(ROOT)) for path in paths]


# --- Layers -------------------------------------------------------------------------------------------


def test_imports_run_downward() -> None:
    assert lint_imports(config_filename=str(ROOT / "pyproject.toml"), no_cache=True) == 0


# --- Import and definitions ---------------------------------------------------------------------------


def test_package_imports_with_an_empty_environment_and_no_sockets(tmp_path: Path) -> None:
    result = subprocess.run(  # noqa: S603 - our own interpreter and program
        [sys.executable, "-B", "-c", IMPORT_EVERYTHING, str(ROOT)],
        env={},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    assert result.returncode == 0, result.stderr
    assert list(tmp_path.iterdir()) == []


# --- Files --------------------------------------------------------------------------------------------


def test_every_module_says_what_belongs_in_it() -> None:
    assert names([path for path in python_files() if not ast.get_docstring(parsed(path))]) == []


def test_no_file_is_a_dumping_ground() -> None:
    assert names([path for path in python_files() if path.stem in DUMPS or path.parent.name in DUMPS]) == []


def test_no_file_has_two_topics() -> None:
    sizes = {path: len(path.read_text(encoding="utf-8").splitlines()) for path in python_files()}
    assert names([path for path, size in sizes.items() if size > LONGEST_FILE]) == []


def test_annotations_are_real_types() -> None:
    # Dagster reads annotations when an asset is defined: `from __future__ import annotations` breaks it.
    imports = {
        path: {node.module for node in ast.walk(parsed(path)) if isinstance(node, ast.ImportFrom)}
        for path in python_files()
    }
    assert names([path for path, modules in imports.items() if "__future__" in modules]) == []
