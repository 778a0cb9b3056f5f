"""Whatever senders, hints, runs and accidents do in whatever order: each version ends once, where it must."""

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import run_state_machine_as_test

from analytics_platform.ingestion.child.child import ParsingChild
from analytics_platform_tests.integration.aws import EmulatedS3
from analytics_platform_tests.integration.intake_machine import IntakeMachine

SLOW_MACHINE = [HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much]


@pytest.fixture(scope="module")
def child() -> Iterator[ParsingChild]:
    with ParsingChild() as started:
        yield started


@pytest.mark.parametrize(
    ("examples", "steps"),
    [
        pytest.param(6, 12, id="few"),
        pytest.param(60, 30, id="many", marks=pytest.mark.slow),
    ],
)
def test_only_the_order_in_which_versions_were_put_counts(
    s3: EmulatedS3, child: ParsingChild, examples: int, steps: int
) -> None:
    class Machine(IntakeMachine):
        def __init__(self) -> None:
            super().__init__(s3, child)

    chosen = settings(max_examples=examples, stateful_step_count=steps, suppress_health_check=SLOW_MACHINE)
    run_state_machine_as_test(Machine, settings=chosen)
