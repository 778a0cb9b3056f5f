"""One row an object version, as the first ledgers had it. A ledger older than the migrations is adopted."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    """Make the table, unless an older ledger brings it."""
    if sa.inspect(op.get_bind()).has_table("object_versions"):
        return
    op.create_table(
        "object_versions",
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
    )
    op.create_index("object_versions_by_state", "object_versions", ["dataset", "state"])
