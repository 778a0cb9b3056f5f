"""What the emulated Glue lacks: a table is updated only from the version that was read. No test."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from moto.core.exceptions import JsonRESTError
from moto.glue.responses import GlueResponse


@contextmanager
def versioned_glue() -> Iterator[list[str]]:
    """Let the emulated Glue of this process refuse what was overtaken; yield the tables of which."""
    refused: list[str] = []
    lock = threading.Lock()
    original = GlueResponse.update_table

    def update_table(response: GlueResponse) -> Any:  # noqa: ANN401 - moto's own
        told: dict[str, Any] = response.parameters
        name = told["TableInput"]["Name"]
        with lock:
            table = response.glue_backend.get_table(told["DatabaseName"], name)
            if told.get("VersionId") not in {None, str(max(map(int, table.versions)))}:
                refused.append(name)
                code, message = "ConcurrentModificationException", "Update table failed: it was overtaken"
                raise JsonRESTError(code, message)
            return original(response)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(GlueResponse, "update_table", update_table)
        yield refused
