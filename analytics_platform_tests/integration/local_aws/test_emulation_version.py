"""Which moto the emulation takes, and which port."""

import socket

import pytest

from analytics_platform.local_aws import versions
from analytics_platform.local_aws.server import running_server
from analytics_platform.local_aws.versions import EmulationError


def test_another_moto_is_refused_with_the_version_that_is_needed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(versions, "MOTO", "4.0.0")
    with (
        pytest.raises(EmulationError, match=r"made for moto 4\.0\.0, this is 5\.2\.5; install"),
        running_server(),
    ):
        pass


def test_a_port_that_is_taken_is_refused() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        with pytest.raises(EmulationError, match=rf"port {port} cannot be had"), running_server(port):
            pass
