"""The table of sizes against what Fargate offers."""

import json

import pytest

from analytics_platform.defs.automation import JOBS
from analytics_platform.defs.run_sizes import RUN_SIZES, RunSize

# https://docs.aws.amazon.com/AmazonECS/latest/developerguide/fargate-tasks-services.html, task CPU and memory
FARGATE_MEMORY = {
    256: {512, 1024, 2048},
    512: set(range(1024, 4096 + 1, 1024)),
    1024: set(range(2048, 8192 + 1, 1024)),
    2048: set(range(4096, 16384 + 1, 1024)),
    4096: set(range(8192, 30720 + 1, 1024)),
    8192: set(range(16384, 61440 + 1, 4096)),
    16384: set(range(32768, 122880 + 1, 8192)),
}
LONGEST_OF_THE_INSTANCE_SECONDS = 14400

sizes = pytest.mark.parametrize("size", RUN_SIZES.values(), ids=RUN_SIZES.keys())


def test_every_job_has_a_size_and_carries_its_tags() -> None:
    assert {job.name for job in JOBS} == RUN_SIZES.keys()
    for job in JOBS:
        assert (job.tags or {}).items() >= RUN_SIZES[job.name].tags.items()


@sizes
def test_fargate_offers_the_size(size: RunSize) -> None:
    assert size.memory in FARGATE_MEMORY[size.cpu]
    assert size.storage_gib == 20 or 21 <= size.storage_gib <= 200


@sizes
def test_a_size_has_a_reason_and_ends_before_the_instance_would_end_it(size: RunSize) -> None:
    assert len(size.reason.split()) > 5
    assert 0 < size.max_runtime_seconds <= LONGEST_OF_THE_INSTANCE_SECONDS


@sizes
def test_only_what_may_be_lost_is_on_spot(size: RunSize) -> None:
    assert not (size.spot and size.writes_marts)
    kwargs = size.tags.get("ecs/run_task_kwargs")
    assert (kwargs is not None) == size.spot
    if kwargs is not None:
        providers = [each["capacityProvider"] for each in json.loads(kwargs)["capacityProviderStrategy"]]
        assert providers == ["FARGATE_SPOT"]


def test_tags_are_text_of_whole_numbers() -> None:
    size = RunSize(
        cpu=256,
        memory=512,
        storage_gib=21,
        spot=False,
        max_runtime_seconds=60,
        writes_marts=True,
        reason="for this test only",
    )
    assert size.tags == {
        "ecs/cpu": "256",
        "ecs/memory": "512",
        "ecs/ephemeral_storage": "21",
        "dagster/max_runtime": "60",
        "analytics/writes": "marts",
    }
