"""Requests for materializations: each becomes one run."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "materialization_requests",
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
    )
    op.create_index("materialization_requests_by_time", "materialization_requests", ["requested_at", "id"])
