"""How assets reach the stores. Each resource opens one; none of them computes."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from analytics_platform.ingestion.child import ParsingChild
from analytics_platform.ingestion.guard import Limits
from analytics_platform.settings import Settings
from analytics_platform.storage.intake import Intake
from analytics_platform.storage.lake import DiskLake, Lake
from analytics_platform.storage.landing_zone import DiskLandingZone
from analytics_platform.storage.ledger import Ledger
from analytics_platform.storage.quarantine import Quarantine
from analytics_platform.storage.warehouse import DuckDBWarehouse, Warehouse


class LakeResource(dg.ConfigurableResource[None]):
    """The lake in a folder."""

    root: str

    def open(self) -> Lake:
        """Return the lake."""
        return DiskLake(Path(self.root))


class WarehouseResource(dg.ConfigurableResource[None]):
    """The DuckDB file that dbt builds."""

    path: str

    def open(self) -> Warehouse:
        """Return the warehouse for reading."""
        return DuckDBWarehouse(Path(self.path))


class FolderResource(dg.ConfigurableResource[None]):
    """A folder that something is published into."""

    root: str

    @property
    def path(self) -> Path:
        """The folder."""
        return Path(self.root)


class IntakeResource(dg.ConfigurableResource["IntakeResource"]):
    """From the landing zone to the lake, with one parsing process for the whole run."""

    landing: str
    lake: str
    ledger: str
    quarantine: str
    sources: str
    parse_memory_mb: int
    parse_seconds: float

    _intake: Intake | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["IntakeResource"]:  # noqa: ARG002 - given by Dagster
        """Keep one parsing process for the run and end it with the run."""
        with self.opened() as intake:
            self._intake = intake
            yield self

    @property
    def intake(self) -> Intake:
        """The intake of this run.

        Raises
        ------
        RuntimeError
            If the resource is used outside a run.
        """
        if self._intake is None:
            message = "the intake is open only while a run executes"
            raise RuntimeError(message)
        return self._intake

    @contextmanager
    def opened(self) -> Iterator[Intake]:
        """Open the stores that an intake works on."""
        limits = Limits(memory_bytes=self.parse_memory_mb << 20, seconds=self.parse_seconds)
        with ParsingChild(limits) as child:
            yield Intake(
                landing=DiskLandingZone(Path(self.landing)),
                ledger=Ledger(f"sqlite:///{self.ledger}"),
                lake=DiskLake(Path(self.lake)),
                quarantine=Quarantine(Path(self.quarantine)),
                sources=Path(self.sources),
                child=child,
            )


def intake_resource(settings: Settings) -> IntakeResource:
    """Return the intake of an installation."""
    return IntakeResource(
        landing=str(settings.landing),
        lake=str(settings.lake),
        ledger=str(settings.ledger),
        quarantine=str(settings.quarantine),
        sources=str(settings.sources),
        parse_memory_mb=settings.parse_memory_mb,
        parse_seconds=settings.parse_seconds,
    )
