"""What must stand in Redshift before dbt builds: schemas, the lake as an external one, readers, grants."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from redshift_connector.error import Error

from analytics_platform.storage.redshift.faults import RedshiftError, told
from analytics_platform.storage.redshift.login import RedshiftLogin, connected
from analytics_platform.storage.redshift.retries import Retries
from analytics_platform.storage.redshift.statements import quoted, role_clause, text_literal

SCHEMAS = ("staging", "intermediate", "marts", "reporting")
"""Native schemas, in the order in which dbt fills them."""

_GROUPS = "select groname from pg_group"
_SCHEMAS = "select nspname from pg_namespace"
_EXTERNAL = "select schemaname, databasename from svv_external_schemas"


@dataclass(frozen=True)
class Plan:
    """What is to stand.

    Attributes
    ----------
    catalog_database : str
        Database of the Glue catalogue that the external schema shows.
    readers : str
        Group that may read what dbt builds, and the lake.
    role : str
        On whose behalf Redshift reads the lake: ``default`` or the ARN of a role.
    external_schema : str
        Name of the external schema; the SQL of the models says ``lake``.
    schemas : sequence of str
        Native schemas.
    """

    catalog_database: str
    readers: str
    role: str = "default"
    external_schema: str = "lake"
    schemas: Sequence[str] = SCHEMAS


@dataclass(frozen=True)
class Found:
    """What stands already.

    Attributes
    ----------
    groups, schemas : frozenset of str
        Their names; the external schemas are among the schemas.
    external : dict of str to str
        Catalogue database of each external schema.
    """

    groups: frozenset[str] = frozenset()
    schemas: frozenset[str] = frozenset()
    external: dict[str, str] = field(default_factory=dict)


def statements(plan: Plan, found: Found) -> list[str]:
    """Return what is to be run, in order.

    Grants are always among them: granting again what is granted changes nothing. Those for later tables
    count for the tables of the user who runs them, so that must be the user of dbt.

    Raises
    ------
    RedshiftError
        If the external schema's name is taken by a native one, or it shows another catalogue database.
    ValueError
        If a name or the role is none.

    Examples
    --------
    >>> statements(Plan("lake", "analysts", schemas=["marts"]), Found())[:2]
    ['create group "analysts"', 'create schema "marts"']
    """
    readers = quoted(plan.readers)
    made = [] if plan.readers in found.groups else [f"create group {readers}"]
    made += [f"create schema {quoted(name)}" for name in plan.schemas if name not in found.schemas]
    if not _has_lake(plan, found):
        made.append(
            f"create external schema {quoted(plan.external_schema)} from data catalog "
            f"database {text_literal(plan.catalog_database)} {role_clause(plan.role)}"
        )
    for name in map(quoted, plan.schemas):
        made += [
            f"grant usage on schema {name} to group {readers}",
            f"grant select on all tables in schema {name} to group {readers}",
            f"alter default privileges in schema {name} grant select on tables to group {readers}",
        ]
    return [*made, f"grant usage on schema {quoted(plan.external_schema)} to group {readers}"]


def bootstrap(
    login: RedshiftLogin, plan: Plan, *, dry_run: bool = False, retries: Retries | None = None
) -> list[str]:
    """Make what is missing; done twice it is as done once, and stopped in between it can be done again.

    Parameters
    ----------
    login : RedshiftLogin
        A user who may make groups and schemas; dbt logs in as the same.
    plan : Plan
        What is to stand.
    dry_run : bool
        Only look.
    retries : Retries, optional
        What is done when a conflict or a lost connection stops it.

    Returns
    -------
    list of str
        The statements that were run, or with `dry_run` would be.

    Raises
    ------
    RedshiftLoginError
        If nobody answers, or the credentials are wrong.
    RedshiftError
        If the server refuses a statement; names it.
    """

    def unit() -> list[str]:
        # Each statement is a transaction of its own: Redshift refuses some of them inside of one.
        with connected(login, "bootstrap") as connection, connection.cursor() as cursor:
            to_run = statements(plan, _found(cursor))
            for statement in [] if dry_run else to_run:
                _run(cursor, statement)
        return to_run

    return (retries or Retries()).run("bootstrap", unit)


def _has_lake(plan: Plan, found: Found) -> bool:
    name = plan.external_schema
    shown = found.external.get(name)
    if shown is None and name in found.schemas:
        message = f"schema {name} is a native one: it must show the lake; rename it and run this again"
        raise RedshiftError(message)
    if shown is not None and shown != plan.catalog_database:
        message = (
            f"schema {name} shows the catalogue database {shown}, not {plan.catalog_database}: run "
            f"`drop schema {name}`, which deletes no data, or set ANALYTICS_CATALOG_DATABASE={shown}"
        )
        raise RedshiftError(message)
    return shown is not None


def _found(cursor: Any) -> Found:  # noqa: ANN401 - the connector has no types
    groups, schemas = (frozenset(str(row[0]) for row in _run(cursor, sql)) for sql in (_GROUPS, _SCHEMAS))
    external = {str(schema).strip(): str(database).strip() for schema, database in _run(cursor, _EXTERNAL)}
    return Found(groups, schemas, external)


def _run(cursor: Any, statement: str) -> Sequence[Sequence[object]]:  # noqa: ANN401 - the connector has no types
    try:
        cursor.execute(statement)
        return cursor.fetchall() if cursor.description else ()
    except (Error, OSError) as error:
        message = (
            f"Redshift refused `{statement}`: {told(error)}; what ran before it stands, run this again as a "
            "user who may do that"
        )
        raise RedshiftError(message) from error
