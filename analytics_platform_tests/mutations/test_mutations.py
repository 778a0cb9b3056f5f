"""Every measure with one line changed is caught by its tests: a test that cannot fail proves nothing."""

import importlib
import subprocess
import sys
from pathlib import Path

import pytest

from analytics_platform_tests.mutations.mutants import MUTANTS, Mutant

TESTS = Path(__file__).parents[1] / "unit" / "risk"
ALL_PASS, SOME_FAIL = 0, 1
RUNNER = """
import importlib.util, os, sys

name, file, home, *arguments = sys.argv[1:]
os.environ["HYPOTHESIS_STORAGE_DIRECTORY"] = home
from hypothesis import Phase, settings

# One counterexample is enough: it need not be the smallest one.
settings.register_profile("any", phases=[Phase.explicit, Phase.generate], deadline=None)
settings.load_profile("any")


class Replaced:
    @staticmethod
    def find_spec(fullname, path=None, target=None):
        return importlib.util.spec_from_file_location(fullname, file) if fullname == name else None


sys.meta_path.insert(0, Replaced)
import pytest

sys.exit(pytest.main(arguments))
"""


def source_of(mutant: Mutant) -> str:
    path = importlib.import_module(f"analytics_platform.risk.{mutant.module}").__file__
    return Path(str(path)).read_text(encoding="utf-8")


def run(mutant: Mutant, source: str, folder: Path) -> subprocess.CompletedProcess[str]:
    file = folder / f"{mutant.module}.py"
    file.write_text(source, encoding="utf-8")
    tests = [str(TESTS / f"test_{name}.py") for name in mutant.tests.split()]
    quick = ["-x", "-q", "-p", "no:cacheprovider", "--no-header", "--tb=line", "-m", "not slow"]
    quick += ["-W", "ignore::pytest.PytestAssertRewriteWarning"]  # Hypothesis is imported before pytest
    command = [
        sys.executable,
        "-c",
        RUNNER,
        f"analytics_platform.risk.{mutant.module}",
        str(file),
        str(folder),
    ]
    return subprocess.run([*command, *quick, *tests], capture_output=True, text=True, check=False)  # noqa: S603 - our own interpreter and code


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_stands_where_it_says(mutant: Mutant) -> None:
    assert mutant.old != mutant.new
    assert source_of(mutant).count(mutant.old) == 1


@pytest.mark.slow
@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_a_fault_of_one_line_is_noticed(mutant: Mutant, tmp_path: Path) -> None:
    result = run(mutant, source_of(mutant).replace(mutant.old, mutant.new), tmp_path)
    # A run that breaks off has the same code as one that fails; only this one counts its tests.
    assert (result.returncode, "\n1 failed" in result.stdout) == (SOME_FAIL, True), (
        result.stdout[-2000:] + result.stderr[-2000:]
    )


@pytest.mark.slow
def test_without_a_fault_the_same_run_passes(tmp_path: Path) -> None:
    every = " ".join(sorted({name for mutant in MUTANTS for name in mutant.tests.split()}))
    plain = Mutant("none", "measures", "", "", every)
    result = run(plain, source_of(plain), tmp_path)
    assert result.returncode == ALL_PASS, result.stdout[-2000:] + result.stderr[-2000:]
