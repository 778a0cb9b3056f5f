"""What the catalogue should say: the tables of the contracts, and the folders of the lake with objects."""

import re
from collections.abc import Collection, Iterable, Iterator
from datetime import date

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.storage.catalog.definitions import ExternalTable, external_table
from analytics_platform.storage.catalog.differences import Content
from analytics_platform.storage.catalog.faults import CatalogError
from analytics_platform.tables.registry import TABLES

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
_OBJECT = re.compile(
    r"([a-z0-9_]+)/first_date=(\d{4}-\d\d-\d\d)/last_date=(\d{4}-\d\d-\d\d)/[^/.][^/]*\.parquet"
)


def content_of_lake(lake_url: str, *, without: Collection[str] = ()) -> Content:
    """Return what the catalogue should say of a lake in S3.

    Parameters
    ----------
    lake_url : str
        ``s3://bucket/prefix``.
    without : collection of str
        Tables whose rows are kept elsewhere, as Iceberg tables.

    Raises
    ------
    CatalogError
        If the bucket cannot be listed.
    """
    tables = {
        name: external_table(table, lake_url) for name, table in TABLES.items() if name not in set(without)
    }
    return content_of(tables, _keys(lake_url))


def content_of(tables: dict[str, ExternalTable], keys: Iterable[str]) -> Content:
    """Return the tables with the partitions that objects stand in.

    Parameters
    ----------
    tables : dict of str to ExternalTable
        The tables.
    keys : iterable of str
        Names of all objects, from the folder of the lake on. Others than rows of the tables say nothing.
    """
    partitions: dict[str, dict[tuple[str, ...], str]] = {}
    last = ""
    for key in keys:
        folder = key.rpartition("/")[0]
        if folder == last:
            continue
        found = _OBJECT.fullmatch(key)
        if found is None or (table := tables.get(found[1])) is None or not table.keys:
            continue
        last = folder
        partition = table.partition(date.fromisoformat(found[2]), date.fromisoformat(found[3]))
        partitions.setdefault(table.name, {})[partition.values] = partition.location
    return Content(tables, partitions)


def _keys(lake_url: str) -> Iterator[str]:
    bucket, _, prefix = f"{lake_url.removeprefix('s3://').rstrip('/')}/".partition("/")
    pages = boto3.client("s3", config=_CONFIG).get_paginator("list_objects_v2")
    try:
        for page in pages.paginate(Bucket=bucket, Prefix=prefix):
            for entry in page.get("Contents", ()):
                yield str(entry["Key"])[len(prefix) :]
    except (BotoCoreError, ClientError) as error:
        message = f"the lake {lake_url} cannot be listed: {error}; check its name, region and permissions"
        raise CatalogError(message) from error
