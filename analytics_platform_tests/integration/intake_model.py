"""The plain model of an intake: nothing but the order in which senders put their versions counts."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import pairwise

from analytics_platform.storage.ledger.ledger import IN_LAKE, State

BANK = "fx_rates/bank_2013-02-28.csv"
KEYS = {BANK: "bank", "fx_rates/broker_2013-02-28.csv": "broker"}
CONTENTS = ("1.31", "1.32", "1.33", "not a rate")

Rows = dict[str, Decimal]


@dataclass
class Put:
    """One version in the model."""

    version_id: str
    content: str
    is_discarded: bool = False

    @property
    def is_good(self) -> bool:
        """Whether it can be loaded."""
        return self.content != CONTENTS[-1] and not self.is_discarded


@dataclass
class Model:
    """What must be true in the end: nothing but the order in which senders put their versions counts."""

    puts: dict[str, list[Put]] = field(default_factory=lambda: {key: [] for key in KEYS})

    def states(self) -> dict[tuple[str, str], State]:
        """Return where each version must end."""
        found: dict[tuple[str, str], State] = {}
        for key, puts in self.puts.items():
            loaded: Put | None = None
            for put in puts:
                if not put.is_good:
                    state = State.DISCARDED if put.is_discarded else State.QUARANTINED
                elif loaded is not None and loaded.content == put.content:
                    state = State.DUPLICATE
                else:
                    if loaded is not None:
                        found[key, loaded.version_id] = State.SUPERSEDED
                    loaded, state = put, State.LOADED
                found[key, put.version_id] = state
        return found

    def told_once(self, states: Mapping[tuple[str, str], State]) -> dict[tuple[str, str], State]:
        """Return states in which a version that repeats the one before it counts as a duplicate.

        A version that was loaded before an equal one of earlier is in the lake for good, and is the one that
        holds: no reader can tell the difference.
        """
        found = dict(states)
        for key, puts in self.puts.items():
            in_lake = [put for put in puts if states[key, put.version_id] in IN_LAKE]
            assert [states[key, put.version_id] for put in in_lake] == [
                *[State.SUPERSEDED] * (len(in_lake) - 1),
                *[State.LOADED] * bool(in_lake),
            ]
            good = [put for put in puts if put.is_good]
            for before, put in reversed(list(pairwise(good))):
                if before.content == put.content and found[key, put.version_id] in IN_LAKE:
                    found[key, before.version_id] = found[key, put.version_id]
                    found[key, put.version_id] = State.DUPLICATE
        return found

    def rows(self, key: str, count: int) -> Rows:
        """Return the rate that a source had after so many of its versions."""
        good = [put for put in self.puts[key][:count] if put.is_good]
        return {KEYS[key]: Decimal(good[-1].content)} if good else {}
