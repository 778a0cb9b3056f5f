"""What the ledger keeps: states, the transitions that are allowed, and the tables. No statements."""

from enum import StrEnum
from types import MappingProxyType

import sqlalchemy as sa


class State(StrEnum):
    """States of an object version.

    Attributes
    ----------
    SEEN
        It was put, and no run has it: it is owed.
    LAUNCHED
        A run has it.
    LOADED
        Its rows are in the lake, and no newer version of its key is.
    QUARANTINED
        It was refused, or given up; a person decides.
    DUPLICATE
        Its content is that of the version before it.
    SUPERSEDED
        Its rows are in the lake for as-of questions; a newer version of its key is loaded.
    DISCARDED
        A person has decided that it is never loaded.
    """

    SEEN = "seen"
    LAUNCHED = "launched"
    LOADED = "loaded"
    QUARANTINED = "quarantined"
    DUPLICATE = "duplicate"
    SUPERSEDED = "superseded"
    DISCARDED = "discarded"


IN_LAKE = (State.LOADED, State.SUPERSEDED)
"""Its rows are in the lake."""

ACCEPTED = (*IN_LAKE, State.DUPLICATE)
"""Its content was taken: the version that a later one is compared with."""

FINAL = (*ACCEPTED, State.QUARANTINED, State.DISCARDED)
"""No run owes it anything."""

ALLOWED = MappingProxyType(
    {
        State.SEEN: (State.LAUNCHED,),
        State.LAUNCHED: (State.SEEN, *ACCEPTED, State.QUARANTINED),
        State.LOADED: (State.SUPERSEDED, State.SEEN),
        State.SUPERSEDED: (State.SEEN,),
        State.DUPLICATE: (State.SEEN,),
        State.QUARANTINED: (State.SEEN, State.DISCARDED),
        State.DISCARDED: (),
    }
)
"""From each state to which others.

Back to seen: from launched when the run ended or failed, from loaded and superseded when the lake has lost
the rows, from duplicate when another version has come between it and the one that it repeats, and from
quarantined when a person releases it.
"""


def origins(target: State) -> tuple[State, ...]:
    """Return the states from which a version may come to `target`.

    Examples
    --------
    >>> origins(State.LAUNCHED)
    (<State.SEEN: 'seen'>,)
    """
    return tuple(state for state, targets in ALLOWED.items() if target in targets)


METADATA = sa.MetaData()

VERSIONS = sa.Table(
    "object_versions",
    METADATA,
    sa.Column("key", sa.String, primary_key=True),
    sa.Column("version_id", sa.String, primary_key=True),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("known_at", sa.DateTime, nullable=False),
    sa.Column("dataset", sa.String, nullable=False, server_default=""),
    sa.Column("source", sa.String, nullable=False, server_default=""),
    sa.Column("first_date", sa.Date),
    sa.Column("last_date", sa.Date),
    sa.Column("sha256", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("attempts", sa.Integer, nullable=False, server_default="0"),
    sa.Column("rows_read", sa.BigInteger),
    sa.Column("rows_accepted", sa.BigInteger),
    sa.Column("rows_rejected", sa.BigInteger),
    sa.Column("rows_ignored", sa.BigInteger),
    sa.Column("run_id", sa.String),
    sa.Column("message", sa.String),
    sa.Column("changed_at", sa.DateTime, nullable=False),
    sa.Column("etag", sa.String, nullable=False, server_default=""),
    sa.Column("failures", sa.Integer, nullable=False, server_default="0"),
    sa.Column("requests", sa.Integer, nullable=False, server_default="0"),
    sa.Column("request_key", sa.String),
    sa.Column("recompute_from", sa.Date),
    sa.Index("object_versions_by_state", "dataset", "state"),
    sa.Index("object_versions_by_run", "state", "run_id"),
)
"""One row an object version."""

TRANSITIONS = sa.Table(
    "transitions",
    METADATA,
    sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("version_id", sa.String, nullable=False),
    sa.Column("from_state", sa.String),
    sa.Column("to_state", sa.String, nullable=False),
    sa.Column("at", sa.DateTime, nullable=False),
    sa.Column("run_id", sa.String),
    sa.Column("message", sa.String),
    sa.Index("transitions_by_version", "key", "version_id"),
)
"""One row a change of state, never changed: what happened, for whoever has to find out."""

REQUESTS = sa.Table(
    "materialization_requests",
    METADATA,
    sa.Column("id", sa.String, primary_key=True),
    sa.Column("requested_by", sa.String, nullable=False),
    sa.Column("key", sa.String, nullable=False),
    sa.Column("fingerprint", sa.String, nullable=False),
    sa.Column("job", sa.String),
    sa.Column("assets", sa.String, nullable=False),
    sa.Column("first_session", sa.Date, nullable=False),
    sa.Column("last_session", sa.Date, nullable=False),
    sa.Column("requested_at", sa.DateTime, nullable=False),
    sa.Column("sent_at", sa.DateTime),
    sa.Column("run_id", sa.String),
    sa.Column("state", sa.String, nullable=False),
    sa.Column("state_at", sa.DateTime, nullable=False),
    sa.Column("failed_step", sa.String),
    sa.Column("failure", sa.String),
    sa.UniqueConstraint("requested_by", "key", name="materialization_requests_by_key"),
    sa.Index("materialization_requests_by_time", "requested_at", "id"),
)
"""One row a request for a materialization; of a caller's key there is one."""

TOKENS = sa.Table(
    "task_tokens",
    METADATA,
    sa.Column("digest", sa.String, primary_key=True),
    sa.Column("token", sa.String, nullable=False),
    sa.Column("execution", sa.String, nullable=False),
    sa.Column("attempt", sa.String, nullable=False),
    sa.Column("request", sa.String, nullable=False),
    sa.Column("received_at", sa.DateTime, nullable=False),
    sa.Column("key", sa.String),
    sa.Column("version_id", sa.String),
    sa.Column("run_key", sa.String),
    sa.Column("error", sa.String),
    sa.Column("cause", sa.String),
    sa.Column("asked", sa.Integer, nullable=False, server_default="0"),
    sa.Column("told_at", sa.DateTime),
    sa.Column("answer", sa.String),
    sa.Column("answered_at", sa.DateTime),
    sa.Index("task_tokens_by_answer", "answer", "answered_at"),
)
"""One row a task of Step Functions that waits for an answer, or has got it."""
