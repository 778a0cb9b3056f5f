"""How assets reach the stores. Each resource opens one; none of them computes."""

from abc import abstractmethod
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import dagster as dg
from pydantic import Field, PrivateAttr

from analytics_platform.calendars.sessions import calendar
from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform.ingestion.guards.guard import Limits
from analytics_platform.settings import Settings
from analytics_platform.storage.intake.intake import Intake
from analytics_platform.storage.intake.quarantine import Quarantine
from analytics_platform.storage.lake.lake import Lake
from analytics_platform.storage.lake.opening import open_lake
from analytics_platform.storage.landing.observation import LandingWatch
from analytics_platform.storage.landing.zone import open_landing_zone
from analytics_platform.storage.ledger.ledger import Ledger
from analytics_platform.storage.warehouse import DuckDBWarehouse, Warehouse
from analytics_platform.tables.registry import TABLES

if TYPE_CHECKING:
    from analytics_platform.storage.redshift.login import RedshiftLogin


class LakeResource(dg.ConfigurableResource[None]):
    """The lake, in a folder or on S3; there it registers what is put in a database of the Glue catalog."""

    root: str
    catalog_database: str | None = None
    iceberg_tables: list[str] = Field(default=[])

    def open(self) -> Lake:
        """Return the lake."""
        return open_lake(
            self.root, catalog_database=self.catalog_database, iceberg_tables=self.iceberg_tables
        )


class WarehouseResource(dg.ConfigurableResource[None]):
    """The warehouse that dbt builds, on either engine."""

    @property
    @abstractmethod
    def dbt_target(self) -> str:
        """Target of the dbt profile that builds it."""

    @abstractmethod
    def dbt_variables(self, run_id: str) -> dict[str, str]:
        """Return what the dbt profile is told of a run."""

    @abstractmethod
    def open(self) -> Warehouse:
        """Return the warehouse for reading."""

    def see_lake(self) -> None:
        """Make the tables of the lake readable in SQL; nothing is to be done where a catalog shows them."""

    def let_go(self) -> None:
        """Give back what dbt has kept when it ended; usually nothing."""


class DuckDBResource(WarehouseResource):
    """One DuckDB file, which reads the lake in a folder.

    Attributes
    ----------
    path : str
        The file.
    lake : str
        Folder of the lake, for who builds the warehouse.
    """

    path: str
    lake: str = ""

    @property
    def dbt_target(self) -> str:
        """Target of the dbt profile that builds it."""
        return "local"

    def dbt_variables(self, run_id: str) -> dict[str, str]:  # noqa: ARG002 - a file has no labels
        """Return where the file is."""
        return {"warehouse": self.path}

    def open(self) -> Warehouse:
        """Return the warehouse for reading."""
        return DuckDBWarehouse(Path(self.path))

    def see_lake(self) -> None:
        """Make a view for each table of the lake."""
        DuckDBWarehouse(Path(self.path)).register_lake(TABLES.values(), Path(self.lake))

    def let_go(self) -> None:
        """Close the file: dbt-duckdb keeps it open, and with it the lock, until its process ends."""
        from dbt.adapters.duckdb.connections import DuckDBConnectionManager  # noqa: PLC0415 - only after dbt

        DuckDBConnectionManager.close_all_connections()  # type: ignore[no-untyped-call]  # dbt-duckdb is untyped


class RedshiftResource(WarehouseResource):
    """A database in Redshift, which reads the lake through the Glue catalog.

    Attributes
    ----------
    host, port, database, user, password, workgroup, cluster, tls, timeout_seconds
        As of `RedshiftLogin`.
    staging : str
        ``s3://bucket/prefix`` through which large answers come.
    copy_role : str
        On whose behalf Redshift writes there: ``default`` or the ARN of a role.
    """

    host: str
    port: int
    database: str
    user: str | None = None
    password: str | None = None
    workgroup: str | None = None
    cluster: str | None = None
    tls: str = "verify-full"
    timeout_seconds: float = 30.0
    staging: str
    copy_role: str = "default"

    _query_group: str = PrivateAttr(default="analytics_platform")

    def setup_for_execution(self, context: dg.InitResourceContext) -> None:
        """Label all statements with the run, so that cost can be told by run."""
        if context.run is not None:
            self._query_group = _label(context.run.run_id)

    @property
    def dbt_target(self) -> str:
        """Target of the dbt profile that builds it."""
        return "redshift"

    def dbt_variables(self, run_id: str) -> dict[str, str]:
        """Return the label of all statements."""
        return {"query_group": _label(run_id)}

    def open(self) -> Warehouse:
        """Return the warehouse for reading."""
        from analytics_platform.storage.redshift.exchange import Exchange  # noqa: PLC0415 - only where used
        from analytics_platform.storage.redshift.warehouse import RedshiftWarehouse  # noqa: PLC0415 - as above

        return RedshiftWarehouse(self._login(), Exchange(self.staging, self.copy_role), self._query_group)

    def _login(self) -> "RedshiftLogin":
        from analytics_platform.storage.redshift.login import RedshiftLogin  # noqa: PLC0415 - as above

        return RedshiftLogin(
            self.host,
            self.port,
            self.database,
            self.user,
            self.password,
            self.workgroup,
            self.cluster,
            self.tls,  # type: ignore[arg-type]  # settings have checked it
            self.timeout_seconds,
        )


def _label(run_id: str) -> str:
    return f"run {run_id}"


def warehouse_resource(settings: Settings) -> WarehouseResource:
    """Return the warehouse of the profile."""
    if settings.profile == "local":
        return DuckDBResource(path=str(settings.warehouse), lake=str(settings.lake))
    return RedshiftResource(
        host=settings.redshift_host or "",
        port=settings.redshift_port,
        database=settings.redshift_database,
        user=settings.redshift_user,
        password=None if settings.redshift_password is None else dg.EnvVar("ANALYTICS_REDSHIFT_PASSWORD"),
        workgroup=settings.redshift_workgroup,
        cluster=settings.redshift_cluster,
        tls=settings.redshift_tls,
        timeout_seconds=settings.redshift_timeout_seconds,
        staging=settings.staging_url or "",
        copy_role=settings.redshift_copy_role,
    )


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
    catalog_database: str | None = None
    iceberg_tables: list[str] = Field(default=[])
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
                lake=open_lake(
                    self.lake, catalog_database=self.catalog_database, iceberg_tables=self.iceberg_tables
                ),
                quarantine=watch.quarantine,
                sources=Path(self.sources),
                child=child,
                calendar=calendar(self.calendar),
            )


def intake_resource(settings: Settings) -> IntakeResource:
    """Return the intake of an installation."""
    return IntakeResource(
        landing=settings.landing_url,
        lake=settings.lake_url,
        catalog_database=settings.lake_options["catalog_database"],
        iceberg_tables=list(settings.iceberg_tables),
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
