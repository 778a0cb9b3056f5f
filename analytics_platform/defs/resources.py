"""How assets reach the stores. Each resource opens one; none of them computes."""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import dagster as dg
from pydantic import PrivateAttr

from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import DiskLake, Lake
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import open_landing_zone
from analytics_platform.storage.ledger.ledger import Ledger
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
    max_attempts: int
    calendar: str
    retry_seconds: float
    sensor_seconds: float

    _opening: ExitStack | None = PrivateAttr(default=None)
    _intake: Intake | None = PrivateAttr(default=None)

    @contextmanager
    def yield_for_execution(self, context: dg.InitResourceContext) -> Iterator["IntakeResource"]:  # noqa: ARG002 - given by Dagster
        """Keep one parsing process for the run, from its first use to the end of the run."""
        with ExitStack() as self._opening:
            yield self
        self._opening, self._intake = None, None

    @property
    def intake(self) -> Intake:
        """The intake of this run.

        Raises
        ------
        RuntimeError
            If the resource is used outside a run.
        """
        if self._opening is None:
            message = "the intake is open only while a run executes"
            raise RuntimeError(message)
        if self._intake is None:
            self._intake = self._opening.enter_context(self.opened())
        return self._intake

    def watch(self) -> LandingWatch:
        """Open the stores that are needed to look for new files; no parsing process is started."""
        return LandingWatch(
            landing=open_landing_zone(self.landing),
            ledger=Ledger(self.ledger, max_attempts=self.max_attempts),
            quarantine=Quarantine(Path(self.quarantine)),
        )

    @contextmanager
    def opened(self) -> Iterator[Intake]:
        """Open the stores that an intake works on."""
        limits = Limits(memory_bytes=self.parse_memory_mb << 20, seconds=self.parse_seconds)
        with ParsingChild(limits) as child:
            watch = self.watch()
            yield Intake(
                landing=watch.landing,
                ledger=watch.ledger,
                lake=DiskLake(Path(self.lake)),
                quarantine=watch.quarantine,
                sources=Path(self.sources),
                child=child,
                calendar=calendar(self.calendar),
            )


def intake_resource(settings: Settings) -> IntakeResource:
    """Return the intake of an installation."""
    return IntakeResource(
        landing=settings.landing_url,
        lake=str(settings.lake),
        ledger=settings.ledger_url,
        quarantine=str(settings.quarantine),
        sources=str(settings.sources),
        parse_memory_mb=settings.parse_memory_mb,
        parse_seconds=settings.parse_seconds,
        max_attempts=settings.max_attempts,
        calendar=settings.calendar,
        retry_seconds=settings.retry_seconds,
        sensor_seconds=settings.sensor_seconds,
    )
