"""Opening the lake of an installation, wherever it stands."""

from collections.abc import Collection
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from analytics_platform.storage.lake.catalog import Catalog
from analytics_platform.storage.lake.lake import DiskLake, ObjectLake

if TYPE_CHECKING:
    from analytics_platform.storage.iceberg.tables import IcebergTables


def open_lake(
    url: str, *, catalog_database: str | None = None, iceberg_tables: Collection[str] = ()
) -> ObjectLake:
    """Open the lake at an address.

    Parameters
    ----------
    url : str
        A folder, or ``s3://bucket`` or ``s3://bucket/prefix``.
    catalog_database : str, optional
        Database of the Glue catalog that a lake on S3 registers its objects in. Of a folder it says nothing:
        DuckDB looks at the files.
    iceberg_tables : collection of str
        Tables of a lake on S3 whose rows are kept as Iceberg tables of that database.

    Raises
    ------
    ValueError
        If the address is neither, or Iceberg tables are wanted where there is no catalog.
    UnreachableLakeError
        If the bucket cannot be used.
    """
    if url.startswith("s3://"):
        from analytics_platform.storage.lake.s3 import S3Objects  # noqa: PLC0415 - boto3 only if used

        bucket, _, prefix = url.removeprefix("s3://").partition("/")
        objects = S3Objects(bucket, prefix)
        if catalog_database is None:
            _refuse_iceberg(url, iceberg_tables)
            return ObjectLake(objects)
        chosen = frozenset(iceberg_tables)
        catalog = _glue(catalog_database, objects.url, chosen)
        if not chosen:
            return ObjectLake(objects, catalog)
        from analytics_platform.storage.iceberg.objects import IcebergObjects  # noqa: PLC0415 - an extra

        tables = _iceberg(catalog_database, objects.url, chosen)
        return ObjectLake(IcebergObjects(objects, tables), catalog)
    if "://" in url:
        message = f"the lake {url!r} is neither a folder nor s3://bucket/prefix; set ANALYTICS_LAKE_URL"
        raise ValueError(message)
    _refuse_iceberg(url, iceberg_tables)
    return DiskLake(Path(url))


def _refuse_iceberg(url: str, tables: Collection[str]) -> None:
    if tables:
        names = ", ".join(sorted(tables))
        message = (
            f"ANALYTICS_ICEBERG_TABLES names {names}, but the lake {url!r} has no catalog: "
            "set ANALYTICS_PROFILE=aws"
        )
        raise ValueError(message)


@cache
def _iceberg(database: str, url: str, names: frozenset[str]) -> "IcebergTables":
    """Return the Iceberg tables, opened once a process: they remember what they have read."""
    from analytics_platform.storage.iceberg.opening import tables_in_glue  # noqa: PLC0415 - an extra

    return tables_in_glue(names, database=database, lake_url=url)


@cache
def _glue(database: str, url: str, without: frozenset[str]) -> Catalog:
    """Return the catalog, opened once a process: it remembers what is registered."""
    from analytics_platform.storage.catalog.glue import GlueCatalog  # noqa: PLC0415 - boto3 only if used

    return GlueCatalog(database, url, without=without)
