"""HEAD: what GET would say, without the body."""

from pathlib import Path

import pytest

from analytics_platform.storage.published.serving import ServingStore
from analytics_platform_tests.unit.api.extracts import client_of, publish


@pytest.mark.parametrize("path", ["/positions", "/health", "/metrics/most-volatile", "/nothing", "/pages/"])
def test_head_is_get_without_its_body(store: ServingStore, tmp_path: Path, path: str) -> None:
    publish(store)
    client = client_of(store, tmp_path)
    got, head = client.get(path), client.head(path)
    assert (head.status_code, head.content) == (got.status_code, b"")
    assert head.headers.get("content-type") == got.headers.get("content-type")
    assert head.headers.get("etag") == got.headers.get("etag")
    held = got.headers.get("etag")
    if held is not None:
        assert client.head(path, headers={"If-None-Match": held}).status_code == 304
