"""The public index of the risk package: cheap to import, complete, documented, and seen by type checkers."""

import ast
import doctest
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from analytics_platform import risk
from analytics_platform.risk import public

NAMES = sorted(risk.__all__)
FUNCTIONS = [name for name in NAMES if inspect.isfunction(getattr(risk, name))]
UNITS = (
    "decimal", "money", "currency", "years", "per 100", "days", "unit", "price", "return", "share", "date",
    "bool", "weights", "P&L", "shape", "vol", "loss", "probab", "number",
)  # fmt: skip


def run_python(code: str, *arguments: str) -> str:
    command = [sys.executable, *arguments, "-c", code]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and code
    return result.stdout.strip()


def test_importing_the_package_loads_no_calculation() -> None:
    code = (
        "import sys, analytics_platform.risk\n"
        "print([name for name in ('numpy', 'scipy', 'polars', 'QuantLib') if name in sys.modules])"
    )
    assert run_python(code) == "[]"


def test_a_name_loads_no_more_than_its_module_needs() -> None:
    code = (
        "import sys\nfrom analytics_platform.risk import value_at_risk\n"
        "print('numpy' in sys.modules, 'QuantLib' in sys.modules)"
    )
    assert run_python(code) == "True False"


def test_the_index_and_the_list_for_type_checkers_are_one() -> None:
    assert sorted(public.__all__) == NAMES
    assert len(set(NAMES)) == len(NAMES)
    for name in NAMES:
        assert getattr(public, name) is getattr(risk, name), name
    assert set(NAMES) <= set(dir(risk))


def test_no_name_is_hidden_by_a_module() -> None:
    """A module that is loaded becomes an attribute of the package, and would replace a function."""
    modules = {path.stem for path in Path(str(risk.__file__)).parent.glob("*.py")}
    assert not modules & set(NAMES)


def test_an_unknown_name_is_no_attribute() -> None:
    with pytest.raises(AttributeError, match="has no attribute 'value_at_luck'"):
        _ = risk.value_at_luck  # type: ignore[attr-defined] # that is the point


def test_every_public_function_of_a_kernel_is_in_the_index() -> None:
    """Kernels take and give arrays; what takes frames is reached through its own module."""
    listed = {getattr(risk, name) for name in FUNCTIONS}
    homes = {sys.modules[function.__module__] for function in listed}
    left_out = {
        f"{home.__name__.rpartition('.')[2]}.{name}"
        for home in homes
        for name, found in vars(home).items()
        if inspect.isfunction(found) and found.__module__ == home.__name__ and not name.startswith("_")
        if found not in listed
    }
    assert left_out == INNER


INNER = {
    "accruals.days_since_epoch",
    "accruals.periods_between",
    "accruals.with_ex_dividend",
    "components.default_neighbours",
    "schedules.bond_periods",
}
"""What only other modules of the package call."""


@pytest.mark.parametrize("name", NAMES)
def test_every_name_tells_what_it_is_with_units(name: str) -> None:
    text = inspect.getdoc(getattr(risk, name))
    assert text
    assert any(unit in text for unit in UNITS) or "as in `" in text or "see `" in text, text


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_has_an_example_that_runs(name: str) -> None:
    function = getattr(risk, name)
    tests = doctest.DocTestFinder(recurse=False).find(
        function, name, globs=vars(sys.modules[function.__module__]).copy()
    )
    assert sum(len(test.examples) for test in tests) > 0
    told: list[str] = []
    for test in tests:
        assert doctest.DocTestRunner().run(test, out=told.append).failed == 0, "".join(told)


@pytest.mark.slow
def test_type_checkers_see_every_name_and_its_type(tmp_path: Path) -> None:
    program = tmp_path / "program.py"
    lines = ["from analytics_platform import risk", *(f"reveal_type(risk.{name})" for name in NAMES)]
    program.write_text("\n".join([*lines, "risk.value_at_luck"]), encoding="utf-8")
    code = "import sys; from mypy import api; print(api.run(sys.argv[1:])[0])"
    command = [sys.executable, "-c", code, "--strict", f"--cache-dir={tmp_path / 'cache'}", str(program)]
    result = subprocess.run(command, capture_output=True, text=True, check=True)  # noqa: S603 - our own interpreter and code
    revealed = [line for line in result.stdout.splitlines() if "Revealed type" in line]
    assert len(revealed) == len(NAMES)
    assert not [line for line in revealed if '"Any"' in line or '"builtins.object"' in line]
    assert 'Module has no attribute "value_at_luck"' in result.stdout


def test_the_list_for_type_checkers_only_imports() -> None:
    body = ast.parse(Path(str(public.__file__)).read_text(encoding="utf-8")).body
    assert all(isinstance(node, ast.Expr | ast.ImportFrom | ast.Assign) for node in body)
