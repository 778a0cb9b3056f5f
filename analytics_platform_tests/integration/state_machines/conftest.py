"""One emulated account for all tests of the state machines; each begins with empty queues."""

from collections.abc import Iterator

import pytest

from analytics_platform_tests.integration.state_machines.machines import Machines, emulated_machines


@pytest.fixture(scope="session")
def account() -> Iterator[Machines]:
    """Make the account once."""
    with emulated_machines() as made:
        yield made


@pytest.fixture
def machines(account: Machines) -> Machines:
    """Return the machines with empty queues and an empty landing zone."""
    account.clear()
    return account
