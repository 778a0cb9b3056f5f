"""Killed at any point and started again, a load ends as an undisturbed one; readers see old or new."""

import os
import signal
import subprocess
import sys
from decimal import Decimal
from pathlib import Path

import pytest

from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.tables.market import FX_RATES
from analytics_platform_tests.integration.killed_intake import FILES, POINTS, land, run, what_is_there

QUICK = "after its rows are put"
CODE = Path(__file__).parents[2]


@pytest.fixture(scope="module")
def undisturbed(tmp_path_factory: pytest.TempPathFactory) -> tuple[list[object], list[object], list[object]]:
    home = tmp_path_factory.mktemp("undisturbed")
    _prepare(home)
    run(home, "run")
    return what_is_there(home)


def _prepare(home: Path) -> None:
    land(home, FILES[:1])
    run(home, "before")
    land(home, FILES[1:])


def _seen(home: Path) -> dict[str, Decimal]:
    rows = DiskLake(home / "lake").read(FX_RATES, columns=["business_date", "rate"])
    assert rows["business_date"].is_unique().all()
    return {str(day): rate for day, rate in rows.select("business_date", "rate").iter_rows()}


@pytest.mark.parametrize(
    "point", [pytest.param(p, marks=[] if p == QUICK else [pytest.mark.slow]) for p in POINTS]
)
def test_a_load_that_is_killed_is_finished_by_the_next(
    undisturbed: tuple[list[object], list[object], list[object]], tmp_path: Path, point: str
) -> None:
    _prepare(tmp_path)
    module = "analytics_platform_tests.integration.killed_intake"
    with subprocess.Popen(  # noqa: S603 - our own code
        [sys.executable, "-m", module, str(tmp_path), point], cwd=CODE, env={"PATH": os.defpath}
    ) as killed:
        looks = 0
        while killed.poll() is None:
            assert _is_old_or_new(_seen(tmp_path))
            looks += 1
    assert killed.returncode == -signal.SIGKILL
    assert looks > 0
    assert _is_old_or_new(_seen(tmp_path))
    run(tmp_path, "next")
    assert what_is_there(tmp_path) == undisturbed


def _is_old_or_new(rates: dict[str, Decimal]) -> bool:
    """Tell whether every date shows a rate that was delivered, and the one that was there is never gone."""
    first, second = rates.pop("2013-02-27"), rates.pop("2013-02-28", None)
    return not rates and first in {Decimal("1.31"), Decimal("1.32")} and second in {None, Decimal("1.30")}
