"""The SQL of an export: names from the contracts, every value as a parameter. No client."""

from dataclasses import dataclass
from datetime import UTC

from analytics_platform.api.exports.asked import ExportRequest
from analytics_platform.tables.platform import DELIVERIES
from analytics_platform.tables.registry import DELIVERED

KNOWN_AT = "known_at"
STAMP = "%Y%m%dT%H%M%S%fZ"
"""How the lake writes in the name of an object when its delivery was put, and the result of a query does."""

_NEWEST = "99991231T000000000000Z"
_STAMP_OF_OBJECT = f"""substr(regexp_extract("$path", '[^/]+$'), 1, {len(_NEWEST)})"""

_KEYS_JOINED = """
    and delivered.first_date = own.first_date
    and delivered.last_date = own.last_date"""
_KEYS_CHOSEN = """
    and delivered.first_date <= cast(? as date)
    and delivered.last_date >= cast(? as date)"""


class NotInSqlError(ValueError):
    """The rows that hold are found by more than the newest delivery."""


@dataclass(frozen=True)
class Statement:
    """A query and the values of its question marks.

    Attributes
    ----------
    sql : str
        Question marks stand in WHERE clauses alone: Athena takes them nowhere else.
    values : tuple of str
        In the order of the question marks, as texts; the query casts them.
    """

    sql: str
    values: tuple[str, ...]

    def literals(self) -> list[str]:
        """Return the values as Athena wants them: texts in single quotes.

        Examples
        --------
        >>> Statement("where a = ?", ("O'Neill",)).literals()
        ["'O''Neill'"]
        """
        return ["'" + value.replace("'", "''") + "'" for value in self.values]


def statement_of(request: ExportRequest, most_rows: int, *, has_keys: bool = True) -> Statement:
    """Return the query whose rows are those that `Lake.read` gives, one more than there may be at most.

    Athena has no microseconds in the timestamps of Parquet, and files that come in one second are told apart
    by them. So times are compared, and `known_at` is given, as they stand in the names of the objects.

    Parameters
    ----------
    request : ExportRequest
        What is asked for.
    most_rows : int
        Most rows that there may be.
    has_keys : bool
        Whether the table has the dates of deliveries as partition keys. Then only folders whose dates overlap
        the days asked for are read: the query pays for what it reads. An Iceberg table has none, and skips
        files by the days in them.

    Raises
    ------
    NotInSqlError
        If the table was computed: which run holds is decided by its manifest.
    """
    table = request.contract
    if table.name not in DELIVERED:
        message = f"{table.name} is computed: ask for it where the lake is on a disk, or by the readings"
        raise NotInSqlError(message)
    day = f'"{table.date_column}"'
    moment = _NEWEST if request.as_known_at is None else f"{request.as_known_at.astimezone(UTC):{STAMP}}"
    chosen = "".join(
        f"\n    and delivered.{_name(name)} in ({', '.join('?' * len(values))})"
        for name, values in request.filters
    )
    # Names of the contracts are all that is written into the text.
    known = f"""
    select distinct delivery_id, source, first_date, last_date, {_STAMP_OF_OBJECT} as stamp
    from {_name(DELIVERIES.name)}
    where table_name = ? and {_STAMP_OF_OBJECT} <= ?"""  # noqa: S608
    sql = f"""select {", ".join(_field(name) for name in request.fields)}
from {_name(table.name)} as delivered
inner join ({known}
) as own on delivered.delivery_id = own.delivery_id{_KEYS_JOINED if has_keys else ""}
left join ({known}
) as newer on
    own.source = newer.source
    and delivered.{day} between newer.first_date and newer.last_date
    and (newer.stamp > own.stamp or (newer.stamp = own.stamp and newer.delivery_id > own.delivery_id))
where
    newer.delivery_id is null
    and delivered.{day} between own.first_date and own.last_date
    and delivered.{day} between cast(? as date) and cast(? as date){_KEYS_CHOSEN if has_keys else ""}{chosen}
limit {most_rows + 1}"""  # noqa: S608
    first, last = request.first.isoformat(), request.last.isoformat()
    values = (
        *(table.name, moment) * 2,
        *((first, last, last, first) if has_keys else (first, last)),
        *(value for _, values in request.filters for value in values),
    )
    return Statement(sql, values)


def unload_of(statement: Statement, location: str) -> Statement:
    """Return the statement that writes the rows as Parquet below a location that we have made up."""
    sql = f"unload (\n{statement.sql}\n)\nto '{location}'\nwith (format = 'PARQUET', compression = 'SNAPPY')"
    return Statement(sql, statement.values)


def _field(name: str) -> str:
    return f"own.stamp as {_name(name)}" if name == KNOWN_AT else f"delivered.{_name(name)}"


def _name(name: str) -> str:
    return f'"{name}"'
