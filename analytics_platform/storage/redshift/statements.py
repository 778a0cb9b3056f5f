"""Words of SQL that the platform writes itself: names, literals, roles. Nothing of a file or a request."""

import re
from collections.abc import Sequence
from datetime import date, datetime

Parameter = str | int | float | date

_NAME = re.compile(r"[a-z_][a-z0-9_]{0,126}")
_ROLE = re.compile(r"arn:aws[a-z-]*:iam::\d{12}:role/[\w+=,.@/-]+")


def quoted(name: str) -> str:
    """Return a name in double quotes.

    Raises
    ------
    ValueError
        If it is not a plain lower-case name.
    """
    if not _NAME.fullmatch(name):
        message = f"{name!r} is no name of a schema, table or column: small letters, digits and _ are"
        raise ValueError(message)
    return f'"{name}"'


def relation_name(relation: str) -> str:
    """Return ``schema.table`` with both names quoted.

    Examples
    --------
    >>> relation_name("marts.fct_position_pnl")
    '"marts"."fct_position_pnl"'
    """
    schema, _, table = relation.partition(".")
    return f"{quoted(schema)}.{quoted(table)}"


def role_clause(role: str) -> str:
    """Return the authorization of COPY, UNLOAD and external schemas.

    Raises
    ------
    ValueError
        If it is neither ``default`` nor the ARN of a role.
    """
    if role == "default":
        return "iam_role default"
    if not _ROLE.fullmatch(role):
        message = (
            f"ANALYTICS_REDSHIFT_COPY_ROLE is {role!r}: give default or arn:aws:iam::<account>:role/<name>"
        )
        raise ValueError(message)
    return f"iam_role '{role}'"


def text_literal(text: str) -> str:
    """Return a text in single quotes; a backslash, which Redshift takes for an escape, by its number.

    Examples
    --------
    >>> text_literal("O'Neill")
    "'O''Neill'"
    """
    return "'" + text.replace("'", "''").replace("\\", "' || chr(92) || '") + "'"


def with_literals(sql: str, parameters: Sequence[Parameter]) -> str:
    """Return a statement with its question marks replaced, for UNLOAD: that binds nothing.

    Raises
    ------
    ValueError
        If there are more or fewer question marks than parameters.
    """
    parts = sql.split("?")
    if len(parts) != len(parameters) + 1:
        message = f"{len(parameters)} parameters for {len(parts) - 1} question marks"
        raise ValueError(message)
    values = [*(_literal(parameter) for parameter in parameters), ""]
    return "".join(part + value for part, value in zip(parts, values, strict=True))


def _literal(parameter: Parameter) -> str:
    if isinstance(parameter, datetime):
        return f"cast('{parameter:%Y-%m-%d %H:%M:%S.%f}' as timestamp)"
    if isinstance(parameter, date):
        return f"cast('{parameter.isoformat()}' as date)"
    return text_literal(parameter) if isinstance(parameter, str) else repr(parameter)
