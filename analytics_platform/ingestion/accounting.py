"""The account of a delivery: every record is accepted, rejected or ignored. Only this module checks it."""

from dataclasses import dataclass
from typing import Self


class AccountingError(RuntimeError):
    """Records were lost or doubled on the way: a fault of the platform, not of the file."""


@dataclass(frozen=True)
class RowCounts:
    """Records of one delivery, after wide columns became records.

    Attributes
    ----------
    read, accepted, rejected, ignored : int
        Numbers of records; ``read == accepted + rejected + ignored``.

    Raises
    ------
    AccountingError
        If the account does not balance.

    Examples
    --------
    >>> RowCounts(read=3, accepted=2, rejected=0, ignored=0)
    Traceback (most recent call last):
    ...
    analytics_platform.ingestion.accounting.AccountingError: 3 read is not 2 accepted + 0 rejected + 0 ignored
    """

    read: int
    accepted: int
    rejected: int
    ignored: int

    def __post_init__(self) -> None:
        """Refuse an account that does not balance."""
        parts = (self.accepted, self.rejected, self.ignored)
        if self.read != sum(parts) or min(parts) < 0:
            message = (
                f"{self.read} read is not {self.accepted} accepted + {self.rejected} rejected + "
                f"{self.ignored} ignored"
            )
            raise AccountingError(message)

    def __add__(self, other: Self) -> Self:
        """Account of two batches of one delivery together."""
        return type(self)(
            read=self.read + other.read,
            accepted=self.accepted + other.accepted,
            rejected=self.rejected + other.rejected,
            ignored=self.ignored + other.ignored,
        )

    def check_written(self, accepted: int, rejected: int) -> None:
        """Refuse an account that is not the one of the files that were written.

        Parameters
        ----------
        accepted, rejected : int
            Rows that the files of accepted and of rejected records hold.

        Raises
        ------
        AccountingError
            If they are others than those counted.
        """
        if (accepted, rejected) != (self.accepted, self.rejected):
            message = (
                f"{accepted} accepted and {rejected} rejected were written and not {self.accepted} and "
                f"{self.rejected}"
            )
            raise AccountingError(message)


NO_ROWS = RowCounts(read=0, accepted=0, rejected=0, ignored=0)
"""Account of nothing."""
