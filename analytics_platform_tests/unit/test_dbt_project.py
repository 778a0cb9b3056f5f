"""What the dbt project must not configure, because the Redshift adapter repeats single statements."""

import re

from analytics_platform.settings import Settings

BEHIND_THE_INSERT = re.compile(r"\b(grants|persist_docs|(pre|post)[-_]hook)\b['\"]?\s*[:=]")
"""Statements that dbt runs between an insert and its commit."""


def test_nothing_follows_an_insert_in_its_transaction() -> None:
    """A statement repeated on a new connection succeeds: dbt reports a model whose rows were rolled back."""
    project = Settings().dbt_project
    files = [
        project / "dbt_project.yml",
        *(project / "models").rglob("*.sql"),
        *(project / "models").rglob("*.yml"),
    ]
    assert len(files) > 100
    found = [path.name for path in files if BEHIND_THE_INSERT.search(path.read_text(encoding="utf-8"))]
    assert found == []
