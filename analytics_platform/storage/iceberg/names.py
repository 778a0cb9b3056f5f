"""What the key of an object says of the delivery whose rows it would hold."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

_STAMP = "%Y%m%dT%H%M%S%fZ"
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True)
class RowsOf:
    """Rows of one delivery in an Iceberg table, told apart by two columns of their lineage.

    Attributes
    ----------
    delivery_id : str
        Name of the delivery.
    known_at : int
        When it was put, in microseconds from 1970-01-01 on, UTC.
    """

    delivery_id: str
    known_at: int

    @property
    def moment(self) -> datetime:
        """When it was put."""
        return _EPOCH + self.known_at * _MICROSECOND

    @classmethod
    def key(cls, key: str) -> Self:
        """Return whose rows stand under a key of the lake.

        Examples
        --------
        >>> RowsOf.key("prices/first_date=2024-01-02/last_date=2024-01-02/20240103T050000000001Z_d_1.parquet")
        RowsOf(delivery_id='d_1', known_at=1704258000000001)
        """
        stamp, _, delivery_id = key.rpartition("/")[2].removesuffix(".parquet").partition("_")
        put_at = datetime.strptime(stamp, _STAMP).replace(tzinfo=UTC)
        return cls(delivery_id, (put_at - _EPOCH) // _MICROSECOND)
