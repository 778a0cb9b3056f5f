"""An intake over the disk, with one parsing process a module. Tests that need settings open their own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import DiskLake
from analytics_platform.storage.landing.zone import DiskLandingZone
from analytics_platform.storage.ledger.ledger import Ledger


@pytest.fixture(scope="module")
def child() -> Iterator[ParsingChild]:
    with ParsingChild() as started:
        yield started


@pytest.fixture
def intake(child: ParsingChild, tmp_path: Path) -> Intake:
    (tmp_path / "sources").mkdir()
    return Intake(
        DiskLandingZone(tmp_path / "landing"),
        Ledger(f"sqlite:///{tmp_path / 'ledger.sqlite'}"),
        DiskLake(tmp_path / "lake"),
        Quarantine(tmp_path / "quarantine"),
        tmp_path / "sources",
        child,
        calendar("XNYS"),
    )
