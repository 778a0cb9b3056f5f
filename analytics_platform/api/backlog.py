"""Since when the oldest file waits, by the ledger."""

from datetime import datetime
from typing import TYPE_CHECKING

from analytics_platform.api.observations import Waiting

if TYPE_CHECKING:
    from analytics_platform.storage.ledger.ledger import Ledger


def waiting_of(ledger_url: str) -> Waiting:
    """Return what tells since when the oldest file waits that no run has finished, as the ledger has it.

    The ledger is opened when it is first asked, so that the server is ready without it.
    """
    opened: list[Ledger] = []

    def waiting() -> datetime | None:
        from analytics_platform.storage.ledger.ledger import Ledger, State  # noqa: PLC0415 - takes half a second

        if not opened:
            opened.append(Ledger(ledger_url))
        owed = opened[0].entries(states=[State.SEEN, State.LAUNCHED])
        return min((entry.version.known_at for entry in owed), default=None)

    return waiting
