"""Failures, run requests, what is still to be recomputed, the history of changes, superseded versions."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"

SUPERSEDE = """
    update object_versions set state = 'superseded'
    where state = 'loaded' and exists (
        select 1 from object_versions as newer
        where newer.key = object_versions.key
            and newer.state = 'loaded'
            and newer.known_at > object_versions.known_at
    )
"""


def upgrade() -> None:
    """Add columns and history; older loaded versions of a key become superseded."""
    op.add_column("object_versions", sa.Column("etag", sa.String, nullable=False, server_default=""))
    op.add_column("object_versions", sa.Column("failures", sa.Integer, nullable=False, server_default="0"))
    op.add_column("object_versions", sa.Column("requests", sa.Integer, nullable=False, server_default="0"))
    op.add_column("object_versions", sa.Column("request_key", sa.String))
    op.add_column("object_versions", sa.Column("recompute_from", sa.Date))
    op.create_index("object_versions_by_run", "object_versions", ["state", "run_id"])
    op.create_table(
        "transitions",
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("key", sa.String, nullable=False),
        sa.Column("version_id", sa.String, nullable=False),
        sa.Column("from_state", sa.String),
        sa.Column("to_state", sa.String, nullable=False),
        sa.Column("at", sa.DateTime, nullable=False),
        sa.Column("run_id", sa.String),
        sa.Column("message", sa.String),
    )
    op.create_index("transitions_by_version", "transitions", ["key", "version_id"])
    op.execute(SUPERSEDE)
