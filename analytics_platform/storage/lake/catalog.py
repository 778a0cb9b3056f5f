"""What the lake asks of a catalog. Nothing of one catalog in particular."""

from typing import Protocol

from analytics_platform.storage.lake.layout import Delivery
from analytics_platform.tables.contract import Table


class Catalog(Protocol):
    """Where engines of SQL look up which tables the lake has and where their objects stand."""

    def register(self, table: Table, delivery: Delivery) -> None:
        """Make the object of a delivery visible as rows of its table; again changes nothing.

        An object may be registered before the delivery is published, and even if it never is: whoever reads
        by the catalog joins `deliveries`, too.
        """
