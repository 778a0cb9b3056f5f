"""A published extract and a client of it."""

from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import client_of, publish


@pytest.fixture
def store(tmp_path: Path) -> ServingStore:
    return ServingStore(tmp_path / "serving")


@pytest.fixture(scope="session")
def published(tmp_path_factory: pytest.TempPathFactory) -> TestClient:
    """Return a client of an extract that no test adds to."""
    folder = tmp_path_factory.mktemp("published")
    store = ServingStore(folder / "serving")
    publish(store)
    return client_of(store, folder)
