"""Opening the catalogue of Iceberg tables: Glue for a lake on S3, a database of SQL for one in a folder."""

import time
from collections.abc import Collection

import boto3
from botocore.config import Config
from pyiceberg.catalog.glue import GlueCatalog
from pyiceberg.catalog.sql import SqlCatalog
from pyiceberg.typedef import Properties
from sqlalchemy.exc import OperationalError, ProgrammingError

from analytics_platform.storage.iceberg.tables import IcebergTables
from analytics_platform.storage.lake.bucket import bucket

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
_NAME = "analytics_platform"
_TRIES, _WAIT_SECONDS = 4, 0.2


def tables_in_glue(names: Collection[str], *, database: str, lake_url: str) -> IcebergTables:
    """Return Iceberg tables that Redshift and Athena find beside the tables of files.

    Credentials of Glue are those of the AWS clients; data files are written with the credentials that Arrow
    finds: from the usual variables, the shared files, or the role of the task or machine.

    Parameters
    ----------
    names : collection of str
        The tables.
    database : str
        Database of the catalogue.
    lake_url : str
        ``s3://bucket/prefix`` of the lake.
    """
    client = boto3.client("glue", config=_CONFIG)
    catalog = GlueCatalog(_NAME, client, **_reaching(lake_url))
    return IcebergTables(catalog, database, names, f"{lake_url.rstrip('/')}/")


def tables_in_sql(names: Collection[str], *, url: str, namespace: str, lake_url: str) -> IcebergTables:
    """Return Iceberg tables whose states are told by a database.

    Parameters
    ----------
    names : collection of str
        The tables.
    url : str
        ``sqlite:///path`` or ``postgresql+psycopg2://user@host/name``.
    namespace : str
        Namespace of the tables.
    lake_url : str
        Folder of the lake, or ``s3://bucket/prefix``.
    """
    catalog = _sql_catalog(url, _reaching(lake_url))
    return IcebergTables(catalog, namespace, names, f"{lake_url.rstrip('/')}/")


def _sql_catalog(url: str, properties: Properties) -> SqlCatalog:
    """Open a catalogue; where another process makes its tables at the same moment, look again."""
    for _ in range(_TRIES):
        try:
            return SqlCatalog(_NAME, uri=url, **properties)
        except (OperationalError, ProgrammingError):
            time.sleep(_WAIT_SECONDS)
    return SqlCatalog(_NAME, uri=url, **properties)


def _reaching(lake_url: str) -> Properties:
    if not lake_url.startswith("s3://"):
        return {}
    options = bucket(lake_url.removeprefix("s3://").partition("/")[0]).options
    found = {"s3.region": options["aws_region"]}
    if "aws_endpoint_url" in options:
        found["s3.endpoint"] = options["aws_endpoint_url"]
    return found
