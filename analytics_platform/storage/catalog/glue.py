"""The Glue catalogue: tables and partitions registered as deliveries come, told, and changed."""

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from functools import cached_property
from typing import Any

import boto3
from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError

from analytics_platform.storage.catalog.definitions import ExternalTable, Partition, external_table
from analytics_platform.storage.catalog.differences import Content, Step
from analytics_platform.storage.catalog.documents import (
    Raw,
    is_ours,
    partition_input,
    partition_of,
    table_input,
    table_of,
)
from analytics_platform.storage.catalog.faults import CatalogError
from analytics_platform.storage.lake.layout import Delivery
from analytics_platform.tables.contract import Table

_CONFIG = Config(connect_timeout=10, read_timeout=60, retries={"mode": "standard", "max_attempts": 5})
_MOST_ADDED, _MOST_REMOVED = 100, 25
"""Partitions of one request, as Glue limits them."""

_TRIES = 5
_LOST_RACE = frozenset({"AlreadyExistsException", "ConcurrentModificationException"})
_MISSING = "EntityNotFoundException"


class GlueCatalog:
    """One database of the Glue catalogue, for one lake.

    Address and credentials come from the usual variables of the AWS clients, also that of an endpoint. What
    has been registered is remembered, so that a run asks once for each table and partition.

    Parameters
    ----------
    database : str
        The database.
    lake_url : str
        ``s3://bucket/prefix`` of the lake.
    without : collection of str
        Tables whose rows are kept elsewhere, as Iceberg tables: nothing is registered of them.
    """

    def __init__(self, database: str, lake_url: str, *, without: Collection[str] = ()) -> None:
        self.database = database
        self.lake_url = lake_url
        self.without = frozenset(without)
        self._tables: dict[str, ExternalTable] = {}
        self._partitions: set[tuple[str, Partition]] = set()

    @cached_property
    def _client(self) -> Any:  # noqa: ANN401 - boto3 has no types; made when first asked: readers need none
        return boto3.client("glue", config=_CONFIG)

    def register(self, table: Table, delivery: Delivery) -> None:
        """Make the partition of a delivery known, and its table if that is new or has a new column.

        What is there already stays as it is.

        Parameters
        ----------
        table : Table
            Contract of the table.
        delivery : Delivery
            Delivery whose object stands in the lake.

        Raises
        ------
        CatalogError
            If the catalogue cannot be reached or refuses.
        """
        if table.name in self.without:
            return
        with self._told(table.name):
            known = self._tables.get(table.name)
            if known is None:
                known = self._tables[table.name] = self._registered(external_table(table, self.lake_url))
            if not known.keys:
                return
            partition = known.partition(delivery.first_date, delivery.last_date)
            if (table.name, partition) not in self._partitions:
                self._add(known, [partition])
                self._partitions.add((table.name, partition))

    def content(self) -> Content:
        """Return the tables and partitions that the database has; nothing if there is no such database.

        Raises
        ------
        CatalogError
            If the catalogue cannot be reached or refuses.
        """
        with self._told("its tables"):
            try:
                pages = self._client.get_paginator("get_tables").paginate(DatabaseName=self.database)
                told: list[Raw] = [each for page in pages for each in page["TableList"]]
            except ClientError as error:
                if _code(error) != _MISSING:
                    raise
                return Content({})
            ours = {each["Name"]: table_of(each) for each in told if is_ours(each)}
            others = frozenset(each["Name"] for each in told) - ours.keys()
            partitions = {name: dict(self._partitions_of(name)) for name, table in ours.items() if table.keys}
        return Content(ours, partitions, others)

    def apply(self, steps: Sequence[Step]) -> None:
        """Do what differs.

        Raises
        ------
        CatalogError
            If the catalogue cannot be reached or refuses.
        """
        if not steps:
            return
        with self._told("its tables"):
            self._make_database()
        for step in steps:
            with self._told(step.table.name):
                self._apply(step)

    def _apply(self, step: Step) -> None:
        place = {"DatabaseName": self.database, "TableName": step.table.name}
        match step.action, bool(step.partitions):
            case "add", False:
                self._registered(step.table)
            case "change", False:
                self._change(step.table)
            case "remove", False:
                self._client.delete_table(DatabaseName=self.database, Name=step.table.name)
            case "add", True:
                self._add(step.table, step.partitions)
            case "change", True:
                for part in _parts(step.partitions, _MOST_ADDED):
                    entries = [
                        {
                            "PartitionValueList": list(each.values),
                            "PartitionInput": partition_input(step.table, each),
                        }
                        for each in part
                    ]
                    _refuse(self._client.batch_update_partition(**place, Entries=entries).get("Errors"))
            case _:
                for part in _parts(step.partitions, _MOST_REMOVED):
                    values = [{"Values": list(each.values)} for each in part]
                    answer: Raw = self._client.batch_delete_partition(**place, PartitionsToDelete=values)
                    _refuse(answer.get("Errors"), but=_MISSING)

    def _registered(self, wanted: ExternalTable) -> ExternalTable:
        """Return the table as it stands in the catalogue, made or grown by what it lacked.

        A column that the catalogue has and the contract has not stays: a newer version of the platform may
        have made it.
        """
        for _ in range(_TRIES):
            found = self._found(wanted.name)
            try:
                if found is None:
                    self._client.create_table(DatabaseName=self.database, TableInput=table_input(wanted))
                    return wanted
                if not is_ours(found):
                    message = "somebody else has made it: delete it there, or set ANALYTICS_CATALOG_DATABASE"
                    raise CatalogError(message)
                old = table_of(found)
                if old.location != wanted.location:
                    message = (
                        f"it shows {old.location}, not {wanted.location}: run `analytics catalog sync` if "
                        "the lake has moved, else set ANALYTICS_CATALOG_DATABASE to a database of its own"
                    )
                    raise CatalogError(message)
                grown = wanted.grown_from(old)
                if {column.name for column in grown.columns} == {column.name for column in old.columns}:
                    return old
                self._update(grown, found)
            except ClientError as error:
                if _code(error) == _MISSING:
                    self._make_database()
                elif _code(error) not in _LOST_RACE:
                    raise
            else:
                return grown
        message = "others change it all the time; try again later"
        raise CatalogError(message)

    def _change(self, wanted: ExternalTable) -> None:
        found = self._found(wanted.name)
        if found is None:
            self._client.create_table(DatabaseName=self.database, TableInput=table_input(wanted))
        elif table_of(found).keys == wanted.keys:
            self._update(wanted, found)
        else:  # the keys of a table cannot be changed
            self._client.delete_table(DatabaseName=self.database, Name=wanted.name)
            self._client.create_table(DatabaseName=self.database, TableInput=table_input(wanted))

    def _update(self, wanted: ExternalTable, found: Raw) -> None:
        version = {"VersionId": found["VersionId"]} if "VersionId" in found else {}
        self._client.update_table(
            DatabaseName=self.database, TableInput=table_input(wanted), SkipArchive=True, **version
        )

    def _found(self, name: str) -> Raw | None:
        try:
            found: Raw = self._client.get_table(DatabaseName=self.database, Name=name)["Table"]
        except ClientError as error:
            if _code(error) != _MISSING:
                raise
            return None
        return found

    def _add(self, table: ExternalTable, partitions: Sequence[Partition]) -> None:
        for part in _parts(partitions, _MOST_ADDED):
            answer: Raw = self._client.batch_create_partition(
                DatabaseName=self.database,
                TableName=table.name,
                PartitionInputList=[partition_input(table, each) for each in part],
            )
            _refuse(answer.get("Errors"), but="AlreadyExistsException")

    def _partitions_of(self, table: str) -> Iterator[tuple[tuple[str, ...], str]]:
        pages = self._client.get_paginator("get_partitions").paginate(
            DatabaseName=self.database, TableName=table, ExcludeColumnSchema=True
        )
        for page in pages:
            for told in page["Partitions"]:
                found = partition_of(told)
                yield found.values, found.location

    def _make_database(self) -> None:
        try:
            self._client.create_database(DatabaseInput={"Name": self.database})
        except ClientError as error:
            if _code(error) != "AlreadyExistsException":
                raise

    @contextmanager
    def _told(self, what: str) -> Iterator[None]:
        """Tell errors of the client, which has tried again by itself, in words that name the catalogue."""
        try:
            yield
        except CatalogError as error:
            message = f"{what} in the Glue database {self.database}: {error}"
            raise CatalogError(message) from error
        except (BotoCoreError, ClientError) as error:
            message = (
                f"{what} in the Glue database {self.database} failed: {error}; check region and permissions"
            )
            raise CatalogError(message) from error


def _parts(partitions: Sequence[Partition], most: int) -> Iterator[Sequence[Partition]]:
    for start in range(0, len(partitions), most):
        yield partitions[start : start + most]


def _refuse(errors: Sequence[Raw] | None, *, but: str = "") -> None:
    """Raise the first error that Glue tells of single partitions."""
    for error in errors or ():
        detail: Raw = error.get("ErrorDetail", {})
        if detail.get("ErrorCode") != but:
            values: list[str] = error.get("PartitionValues") or error.get("PartitionValueList") or []
            message = (
                f"partition {'/'.join(values)}: {detail.get('ErrorCode')} {detail.get('ErrorMessage', '')}"
            )
            raise CatalogError(message)


def _code(error: ClientError) -> str:
    return str(error.response.get("Error", {}).get("Code", ""))
