"""Databases: Redshift and its catalogue, the ledger, and that of Dagster with its daemon."""

from contextlib import closing

import sqlalchemy as sa
from dagster import DagsterRunStatus, RunsFilter

from analytics_platform.cli.catalog import line
from analytics_platform.cli.doctor_aws.asking import ProblemFoundError
from analytics_platform.cli.failed_runs import DAEMON_LIVES, seconds_since_daemon
from analytics_platform.cli.service_start import variables_of
from analytics_platform.defs.instance import prepare_instance
from analytics_platform.defs.instance_storage import StorageError
from analytics_platform.settings import Settings, dagster_environment
from analytics_platform.storage.catalog.glue import GlueCatalog
from analytics_platform.storage.catalog.sync import sync
from analytics_platform.storage.ledger.database import NEWEST
from analytics_platform.storage.redshift.bootstrap import Plan, bootstrap
from analytics_platform.storage.redshift.faults import RedshiftError
from analytics_platform.storage.redshift.login import RedshiftLogin, connected
from analytics_platform.storage.redshift.retries import Retries

_CONNECT_SECONDS = 4
_SHOWN = 3


def catalogue(of: Settings) -> str:
    """Tell whether the Glue catalogue says what the lake holds."""
    catalog = GlueCatalog(of.catalog_database, of.lake_url, without=of.iceberg_tables)
    steps = sync(catalog, dry_run=True)
    if steps:
        shown = "; ".join(line(step, of.catalog_database) for step in steps[:_SHOWN])
        message = f"{len(steps)} differences from the lake ({shown}); `analytics catalog sync` mends them"
        raise ProblemFoundError(message)
    return f"database {of.catalog_database} says what {of.lake_url} holds"


def redshift(of: Settings) -> str:
    """Tell whether one can log in, and whether schemas, external schema and group of readers stand."""
    login = RedshiftLogin(
        host=str(of.redshift_host),
        port=of.redshift_port,
        database=of.redshift_database,
        user=of.redshift_user,
        password=of.redshift_password.get_secret_value() if of.redshift_password else None,
        workgroup=of.redshift_workgroup,
        cluster=of.redshift_cluster,
        tls=of.redshift_tls,
        timeout_seconds=_CONNECT_SECONDS,
    )
    plan = Plan(of.catalog_database, of.redshift_readers, of.redshift_copy_role)
    try:
        with connected(login, "doctor") as connection, closing(connection.cursor()) as cursor:
            cursor.execute("select version()")
            version = str((cursor.fetchone() or ["of unknown version"])[0])
        to_run = bootstrap(login, plan, dry_run=True, retries=Retries(attempts=1))
    except RedshiftError as error:
        raise ProblemFoundError(str(error)) from error
    lacking = [each.partition(" from ")[0] for each in to_run if each.startswith("create ")]
    if lacking:
        message = f"to be made: {', '.join(lacking)}; `analytics warehouse bootstrap` does it"
        raise ProblemFoundError(message)
    return (
        f"{of.redshift_host}, {version.partition(' on ')[0]}, schemas and group {of.redshift_readers} stand"
    )


def ledger(of: Settings) -> str:
    """Tell whether the database of the ledger answers, and in which form it is; nothing is changed."""
    url = sa.make_url(of.ledger_url)
    is_file = url.get_backend_name() == "sqlite"
    if is_file and not (of.home / str(url.database)).exists():
        return f"{of.ledger_url}: empty, nothing was landed yet"
    arguments = {"timeout": _CONNECT_SECONDS} if is_file else {"connect_timeout": _CONNECT_SECONDS}
    engine = sa.create_engine(url, connect_args=arguments, poolclass=sa.pool.NullPool)
    try:
        with engine.connect() as connection:
            if not sa.inspect(connection).has_table("alembic_version"):
                return f"{of.ledger_url} answers: empty, its tables are made by the first command"
            revision = str(connection.execute(sa.text("select version_num from alembic_version")).scalar())
    except ModuleNotFoundError as error:
        message = f"the ledger needs the driver {error.name}; install analytics-platform[postgres]"
        raise ProblemFoundError(message) from error
    except sa.exc.SQLAlchemyError as error:
        why = " ".join(str(getattr(error, "orig", error)).split())
        message = (
            f"{of.ledger_url} does not answer: {why}; check that it runs, its security group, PGPASSWORD or "
            "PGPASSFILE"
        )
        raise ProblemFoundError(message) from error
    if revision > NEWEST:
        message = (
            f"{of.ledger_url} was written by newer code ({revision} > {NEWEST}); update this installation"
        )
        raise ProblemFoundError(message)
    older = "" if revision == NEWEST else f", which the next command brings to {NEWEST}"
    only = "; one machine only: tasks of ECS need PostgreSQL" if is_file and of.profile == "aws" else ""
    return f"{of.ledger_url}, revision {revision}{older}{only}"


def dagster(of: Settings) -> str:
    """Tell whether the instance can be opened, its daemon lives, and what waits."""
    missing = sorted(variables_of(of.dagster_template) - dagster_environment(of).keys())
    if missing:
        message = f"{of.dagster_template.name} needs {', '.join(missing)}; set them as the services have them"
        raise ProblemFoundError(message)
    try:
        instance = prepare_instance(of.dagster_template, of.dagster_home)
    except StorageError as error:
        raise ProblemFoundError(str(error)) from error
    queued, started = (
        instance.get_runs_count(RunsFilter(statuses=[status]))
        for status in (DagsterRunStatus.QUEUED, DagsterRunStatus.STARTED)
    )
    silence = seconds_since_daemon(instance)
    if silence > DAEMON_LIVES:
        when = "never" if silence == float("inf") else f"{silence / 60:.0f} minutes ago"
        message = (
            f"the daemon gave its last sign of life {when}: no sensor looks and {queued} queued runs wait; "
            "start `analytics service daemon`"
        )
        raise ProblemFoundError(message)
    return f"{queued} runs queued, {started} started, daemon seen {silence:.0f} s ago"
