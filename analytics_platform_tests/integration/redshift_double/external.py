"""External tables: what Glue describes and S3 holds, shown as views over copies in PostgreSQL.

An object is copied once; it is known by address and content. Which objects count is asked of Glue and S3
before every statement that reads them, as Redshift does.
"""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import count
from threading import Lock

from analytics_platform_tests.integration.redshift_double.backend import Backend, literal, name
from analytics_platform_tests.integration.redshift_double.dialect import Rewritten
from analytics_platform_tests.integration.redshift_double.glue import Catalog, ExternalTable
from analytics_platform_tests.integration.redshift_double.objects import Listed, ObjectStore
from analytics_platform_tests.integration.redshift_double.parquet import ParquetObject, Target

_READING = frozenset({"from", "join", "table", "using"})
_VIEWS_REACHED = """
with recursive reached(oid) as (
    select c.oid from pg_catalog.pg_class as c where c.relkind in ('v', 'm') and c.relname in ({names})
    union
    select d.refobjid from reached as r
    join pg_catalog.pg_rewrite as w on w.ev_class = r.oid
    join pg_catalog.pg_depend as d on d.classid = 'pg_catalog.pg_rewrite'::regclass and d.objid = w.oid
        and d.refclassid = 'pg_catalog.pg_class'::regclass and d.refobjid <> r.oid
)
select n.nspname, c.relname from reached
join pg_catalog.pg_class as c on c.oid = reached.oid
join pg_catalog.pg_namespace as n on n.oid = c.relnamespace
where n.nspname in ({schemas})
"""


@dataclass(frozen=True)
class _Object:
    listed: Listed
    values: tuple[str, ...]


@dataclass
class _Shadow:
    relation: str
    shape: tuple[Target, ...]
    order: tuple[Target, ...]
    loaded: dict[_Object, int] = field(default_factory=dict)


class ExternalTables:
    """The external tables of one database.

    Parameters
    ----------
    catalog : Catalog
        Glue.
    store : ObjectStore
        S3.
    own : callable
        Returns the double's own connection to the database.

    Attributes
    ----------
    schemas : dict of str to str
        External schemas, and the database of Glue of each.
    """

    def __init__(self, catalog: Catalog, store: ObjectStore, own: Callable[[], Backend]) -> None:
        self.catalog = catalog
        self.schemas: dict[str, str] = {}
        self._rests = False
        self._asked_at_rest: set[tuple[str, str]] = set()
        self._store, self._own = store, own
        self._shadows: dict[tuple[str, str], _Shadow] = {}
        self._numbers, self._object_numbers = count(1), count(1)
        self._lock = Lock()

    def refresh(self, statement: Rewritten) -> None:
        """Bring the copies up to date that a statement reads, by name or through views.

        Raises
        ------
        RedshiftError
            If an object does not fit its table.
        """
        if not self.schemas or not statement.words & _READING:
            return
        with self._lock:
            for schema, table in sorted(self._read_by(statement)):
                if not self._rests or (schema, table) not in self._asked_at_rest:
                    self._refresh(schema, table)
                    self._asked_at_rest.add((schema, table))

    @contextmanager
    def at_rest(self) -> Iterator[None]:
        """Ask Glue and S3 once for each table: the test says that nothing changes there meanwhile."""
        with self._lock:
            self._asked_at_rest.clear()
            self._rests = True
        try:
            yield
        finally:
            self._rests = False

    def forget(self, schema: str) -> None:
        """Know no external schema of a name any more."""
        with self._lock:
            self.schemas.pop(schema, None)
            for known in [known for known in self._shadows if known[0] == schema]:
                del self._shadows[known]

    def _read_by(self, statement: Rewritten) -> set[tuple[str, str]]:
        direct = {(schema, table) for schema, table in statement.named if schema in self.schemas}
        names = ", ".join(literal(word) for word in statement.words)
        schemas = ", ".join(literal(schema) for schema in self.schemas)
        rows = self._own().run(_VIEWS_REACHED.format(names=names, schemas=schemas)).rows
        return direct | {(str(schema), str(table)) for schema, table in rows}

    def _refresh(self, schema: str, table: str) -> None:
        described = self.catalog.table(self.schemas[schema], table)
        known = self._shadows.get((schema, table))
        if known is not None and not self._stands(schema, table):
            del self._shadows[schema, table]
            known = None
        if described is None:
            if known is not None:
                self._drop(schema, table)
            return
        if known is None or known.shape != described.shape:
            known = self._make(schema, table, described, known)
        wanted = set(self._objects(described))
        if gone := [one for one in known.loaded if one not in wanted]:
            numbers = ", ".join(str(known.loaded.pop(one)) for one in gone)
            self._own().run(f'delete from {known.relation} where "$object" in ({numbers})')  # noqa: S608 - ours
        new = sorted(wanted - known.loaded.keys(), key=lambda one: one.listed.key)
        if new:
            self._load(known, described, new)

    def _stands(self, schema: str, table: str) -> bool:
        """Return whether the view is there: a client may have dropped its schema."""
        return self._own().run(f"select to_regclass({literal(name(schema, table))})").rows != [(None,)]

    def _make(self, schema: str, table: str, described: ExternalTable, known: _Shadow | None) -> _Shadow:
        """Make a copy and its view; columns that came later stand last, so that views on it live on."""
        grown = known is not None and set(known.shape) <= set(described.shape)
        if known is not None and not grown:
            self._drop(schema, table)
        relation = name("redshift_double", f"copy_{next(self._numbers)}")
        earlier = known.order if known is not None and grown else ()
        order = (*earlier, *(column for column in described.shape if column not in earlier))
        columns = ", ".join(f"{name(column.name)} {column.sql_type}" for column in order)
        own, view = self._own(), name(schema, table)
        own.run(f'create unlogged table {relation} ({columns}, "$object" bigint)')
        names = ", ".join(name(column.name) for column in order)
        own.run(f"create or replace view {view} as select {names} from {relation}")  # noqa: S608 - quoted
        own.run(f"grant select on {view} to public")
        if known is not None and grown:
            own.run(f"drop table {known.relation}")
        self._shadows[schema, table] = made = _Shadow(relation, described.shape, order)
        return made

    def _drop(self, schema: str, table: str) -> None:
        known = self._shadows.pop((schema, table))
        self._own().run(f"drop table {known.relation} cascade")

    def _objects(self, described: ExternalTable) -> Iterator[_Object]:
        """Yield what Glue names; one listing serves all partitions below the table's own folder."""
        places = described.places
        below = {place: places[place] for place in places if place.startswith(described.folder)}
        for listed in self._store.under(described.folder) if below else ():
            values = _values_of(listed.address, below)
            if values is not None and _is_data(listed.key):
                yield _Object(listed, values)
        for place in places.keys() - below.keys():
            for listed in self._store.under(place):
                if _is_data(listed.key):
                    yield _Object(listed, places[place])

    def _load(self, shadow: _Shadow, described: ExternalTable, new: list[_Object]) -> None:
        numbers = {one: next(self._object_numbers) for one in new}
        columns = ", ".join(name(column.name) for column in described.shape)
        sql = f'copy {shadow.relation} ({columns}, "$object") from stdin with (format csv)'
        self._own().load(sql, self._rows(described, numbers))
        shadow.loaded.update(numbers)
        self._own().run(f"analyze {shadow.relation}")

    def _rows(self, described: ExternalTable, numbers: dict[_Object, int]) -> Iterable[bytes]:
        for one, number in numbers.items():
            with self._store.opened(one.listed) as file:
                parquet = ParquetObject(file, one.listed.address)
                try:
                    sources = parquet.by_name(described.columns)
                    yield from parquet.rows(sources, described.columns, [*one.values, number])
                finally:
                    parquet.close()


def _values_of(address: str, places: dict[str, tuple[str, ...]]) -> tuple[str, ...] | None:
    """Return the values of the partition that an object stands in; the innermost folder decides."""
    folder = address.rpartition("/")[0] + "/"
    while folder.count("/") > 2:
        if folder in places:
            return places[folder]
        folder = folder.rstrip("/").rpartition("/")[0] + "/"
    return None


def _is_data(key: str) -> bool:
    """Spectrum does not read objects whose names begin with a dot or an underscore or end with a tilde."""
    last = key.rpartition("/")[2]
    return not last.startswith((".", "_", "#")) and not last.endswith("~")
