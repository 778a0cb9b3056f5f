"""Tasks of Step Functions that wait for an answer."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    """Make the table."""
    op.create_table(
        "task_tokens",
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
    )
    op.create_index("task_tokens_by_answer", "task_tokens", ["answer", "answered_at"])
