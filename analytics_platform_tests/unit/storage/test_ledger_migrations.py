"""Opening ledgers of every age."""

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa
from alembic.script import ScriptDirectory

from analytics_platform.storage.ledger import migrations
from analytics_platform.storage.ledger.database import NEWEST, open_database
from analytics_platform.storage.ledger.ledger import Ledger, State

FIRST_LEDGER = """
CREATE TABLE object_versions (
    "key" VARCHAR NOT NULL, version_id VARCHAR NOT NULL, size BIGINT NOT NULL, known_at DATETIME NOT NULL,
    dataset VARCHAR DEFAULT '' NOT NULL, source VARCHAR DEFAULT '' NOT NULL, first_date DATE, last_date DATE,
    sha256 VARCHAR, state VARCHAR NOT NULL, attempts INTEGER DEFAULT '0' NOT NULL, rows_read BIGINT,
    rows_accepted BIGINT, rows_rejected BIGINT, rows_ignored BIGINT, run_id VARCHAR, message VARCHAR,
    changed_at DATETIME NOT NULL, PRIMARY KEY ("key", version_id)
)
"""
"""As `create_all` made it before there were migrations."""

INDEX = "CREATE INDEX object_versions_by_state ON object_versions (dataset, state)"

ROW = """
insert into object_versions
    (key, version_id, size, known_at, dataset, first_date, last_date, state, changed_at)
values (:key, :version, 1, :known_at, 'prices', '2013-02-28', '2013-02-28', :state, :known_at)
"""


def _old_ledger(path: Path) -> str:
    url = f"sqlite:///{path}"
    engine = sa.create_engine(url)
    rows = [("a", 1, "loaded"), ("a", 2, "duplicate"), ("a", 3, "loaded"), ("a", 4, "quarantined")]
    with engine.begin() as connection:
        connection.execute(sa.text(FIRST_LEDGER))
        connection.execute(
            sa.text("CREATE INDEX object_versions_by_state ON object_versions (dataset, state)")
        )
        for key, hour, state in [*rows, ("b", 1, "loaded"), ("b", 2, "launched")]:
            values = {"key": key, "version": f"v{hour}", "state": state}
            connection.execute(sa.text(ROW), {**values, "known_at": f"2013-03-01 0{hour}:00:00.000000"})
    engine.dispose()
    return url


def test_a_ledger_older_than_the_migrations_is_adopted_with_its_rows(tmp_path: Path) -> None:
    ledger = Ledger(_old_ledger(tmp_path / "ledger.sqlite"))
    states = {(e.version.key, e.version.version_id): e.state for e in ledger.entries()}
    assert states == {
        ("a", "v1"): State.SUPERSEDED,
        ("a", "v2"): State.DUPLICATE,
        ("a", "v3"): State.LOADED,
        ("a", "v4"): State.QUARANTINED,
        ("b", "v1"): State.LOADED,
        ("b", "v2"): State.LAUNCHED,
    }
    assert {(e.failures, e.requests, e.request_key, e.version.etag) for e in ledger.entries()} == {
        (0, 0, None, "")
    }
    ledger.close()


def test_the_newest_migration_is_the_one_that_the_code_expects() -> None:
    scripts = ScriptDirectory(str(Path(migrations.__file__).parent))
    assert scripts.get_current_head() == NEWEST
    assert len(list(scripts.walk_revisions())) == int(NEWEST)


def test_opening_a_ledger_that_is_up_to_date_needs_no_migration_code(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'ledger.sqlite'}"
    open_database(url).dispose()
    code = (
        "import sys\n"
        "from analytics_platform.storage.ledger.database import open_database\n"
        "open_database(sys.argv[1])\n"
        "assert 'alembic' not in sys.modules\n"
    )
    done = subprocess.run(  # noqa: S603 - our own code in a fresh interpreter
        [sys.executable, "-c", code, url], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr


def test_a_ledger_in_a_folder_that_is_not_there_makes_the_folder(tmp_path: Path) -> None:
    Ledger(f"sqlite:///{tmp_path / 'new' / 'ledger.sqlite'}").close()
    assert (tmp_path / "new" / "ledger.sqlite").exists()
